# packages: lua5.4
cat > t.lua <<'X'
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(24), 7 // 2, -7 // 2, -7 % 3, 7.5 // 2, 1 << 62, 3 | 8, 10 / 4, math.maxinteger + 1 == math.mininteger)
local t = {} for i = 1, 20000 do t[i] = (i * 7919) % 10007 end table.sort(t) print(t[1], t[10000], t[20000])
print(string.format('%.14g %5.1f %x %q %s', math.pi, 2.25, 255, 'a\nb', tostring(1e15)), ('abc'):rep(3, '-'), ('hello'):gsub('l+', '%0%0'))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end) print(co(), co(), co())
print(pcall(error, {1})) print(select('#', 1, nil, 3), #t, math.type(3), math.type(3.0), 0x7fffffffffffffff, 2^53)
for w in ('one two three'):gmatch('%a+') do io.write(w, ';') end print() print(string.pack('>I4d', 7, 1.5):byte(1, -1)) print(os.time{year = 2020, month = 1, day = 1, hour = 12} > 0, utf8.len('größe'))
collectgarbage() local m = setmetatable({}, {__index = function(_, k) return k * 2 end}) print(m[21], load('return 6 * 7')(), math.tointeger(3.0), 1e308 * 10, -(0/0) ~= -(0/0))
X
lua5.4 t.lua 2>&1 | sed 's/0x[0-9a-f]*/ADDR/'; lua5.4 -v
