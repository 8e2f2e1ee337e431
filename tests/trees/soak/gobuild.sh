# packages: golang-go
# limit: 120
# go build: compiler and linker by a threaded parent; the library's packages are built once.
export GOCACHE=$PWD/cache GO111MODULE=off GOFLAGS=
[ "$1" = run ] && sed -i "s/N = .*/N = $2/" t.go && go build -o t t.go && exec ./t
cat > t.go <<'X'
package main

import "fmt"

const N = 0

func main() {
	c := make(chan int)
	for i := 0; i < 10; i++ {
		go func(k int) { c <- k * k + N - N }(i)
	}
	s := 0
	for i := 0; i < 10; i++ {
		s += <-c
	}
	fmt.Println("sum", s)
}
X
exec go build -o t t.go
