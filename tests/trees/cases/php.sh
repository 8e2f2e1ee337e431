# packages: php-cli
# limit: 120
cat > t.php <<'X'
<?php function fib($n) { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); } echo fib(22), "\n"; $a = []; for ($i = 0; $i < 100000; $i++) $a[$i % 1009] = ($a[$i % 1009] ?? 0) + $i * 0.5; echo array_sum($a), ' ', count($a), "\n";
echo json_encode(['a' => [1, 2.5, null]]), hash('sha256', str_repeat('x', 10000)), ' ', 0.1 + 0.2, ' ', PHP_INT_MAX + 1, ' ', intdiv(-7, 2), ' ', -7 % 3, ' ', sprintf('%08.3f|%x', M_PI, 255), "\n"; echo preg_replace('/(\w+) (\w+)/', '$2 $1', 'hello world'), ' ', preg_match_all('/\d+/', 'a1b22c333', $m), "\n";
usort($m[0], fn($x, $y) => $y <=> $x); print_r($m); function g() { for ($i = 0; $i < 3; $i++) yield $i => $i ** 2; } foreach (g() as $k => $v) echo "$k=$v "; try { intdiv(1, 0); } catch (DivisionByZeroError $e) { echo $e->getMessage(), "\n"; } echo shell_exec('echo child'), md5(serialize($a)), ' ', date('Y', 0), "\n";
$s = 0; for ($i = 0; $i < 3000000; $i++) { $s = ($s * 31 + $i) & 0xffffff; } echo $s, "\n"; $x = 1.0; for ($i = 1; $i < 200000; $i++) $x += sin($i) / $i; printf("%.12f\n", $x);
X
php t.php > plain; cat plain; for j in off tracing function; do php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=32M -d opcache.jit=$j t.php | cmp plain - && echo same; done; php -v | head -1 | cut -d" " -f1,2
