# packages: luajit
cat > t.lua <<'X'
local ffi = require 'ffi' ffi.cdef[[ typedef struct { double x, y; int32_t n; } P; int printf(const char *, ...); double sqrt(double); ]]
local s = 0 for i = 1, 5000000 do s = s + i % 7 * 0.5 end print(s)
local a = ffi.new('P[1000]') for k = 1, 300 do for i = 0, 999 do a[i].x = a[i].x + i * k; a[i].n = a[i].n + 1 end end print(a[999].x, a[7].n, ffi.sizeof 'P')
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end print(fib(27)) print(ffi.C.sqrt(2))
local t = {} for i = 1, 100000 do t[i] = (i * 7919) % 100003 end table.sort(t) print(t[1], t[50000]) local str = {} for i = 1, 20000 do str[#str + 1] = i .. ':' end print(#table.concat(str))
local bit = require 'bit' local h = 0 for i = 1, 1000000 do h = bit.bxor(bit.rol(h, 5), i) end print(bit.tohex(h)) print(pcall(function() local x = nil; return x.y end))
local cb = ffi.cast('int (*)(int)', function(x) return x + 1 end) print(cb(41), jit.status()) local n = 0 for w in (('ab '):rep(10000)):gmatch('%a+') do n = n + #w end print(n, 2^53, 1e300 * 1e10, math.floor(-2.5))
for i = 1, 30 do local f = load('local n = 0 for i = 1, 1000 do n = n + i * ' .. i .. ' end return n') io.write(f(), ' ') end print()
X
luajit t.lua 2>&1 | sed -E 's/^(42)\t.*/\1/' | tee on; luajit -joff t.lua 2>&1 | sed -E 's/^(42)\t.*/\1/' | cmp on && echo same; luajit -v
