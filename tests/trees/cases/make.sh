# packages: make
cat > Makefile <<'X'
OBJ := $(addsuffix .o,$(shell seq 1 20))
all: out
out: $(OBJ) ; cat $(sort $^) > $@; echo linked $(words $^)
%.o: %.c ; @tr a-z A-Z < $< > $@
%.c: ; @echo file $* > $@
.PHONY: clean
clean: ; rm -f *.o *.c out
$(eval X = $(firstword $(OBJ)))
print: ; @echo '$(X) $(patsubst %.o,%.c,$(wordlist 2,4,$(OBJ))) $(shell expr 1 + 1)'
fail: ; @false
X
make -j2 -s; md5sum < out; make -s -j2; make print; make fail 2>&1 | grep -c Error; make -n clean; make -s clean; ls
