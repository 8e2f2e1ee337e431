# packages: php-cli
# only: arm64 PHP has no code generator for RISC-V
# limit: 120
cat > t.php <<'Y'
<?php if (!opcache_get_status()['jit']['on']) exit("no JIT\n");
function fib($n) { return $n < 2 ? $n : fib($n - 1) + fib($n - 2); } echo fib(27), "\n";
function mandel($w) { $s = 0; for ($y = 0; $y < $w; $y++) for ($x = 0; $x < $w; $x++) { $cr = 2.0 * $x / $w - 1.5; $ci = 2.0 * $y / $w - 1.0; $i = $zr = $zi = 0; while ($i++ < 50 && $zr * $zr + $zi * $zi < 4) { $t = $zr * $zr - $zi * $zi + $cr; $zi = 2 * $zr * $zi + $ci; $zr = $t; } $s += $i; } return $s; } echo mandel(150), "\n";
function sieve($n) { $a = array_fill(0, $n, true); for ($i = 2; $i * $i < $n; $i++) if ($a[$i]) for ($j = $i * $i; $j < $n; $j += $i) $a[$j] = false; return count(array_filter($a)); } echo sieve(300000), "\n";
class P { public $x = 1; private array $m = []; function __get($n) { return $this->m[$n] ??= strlen($n); } function inc(int $k): static { $this->x += $k; return $this; } } $p = new P; for ($i = 0; $i < 300000; $i++) $p->inc($i & 7)->abc; echo $p->x, "\n";
$s = ''; for ($i = 0; $i < 100000; $i++) { $s .= chr(65 + $i % 26); if (($i & 1023) == 0) $s = strrev($s); } echo md5($s), "\n"; $o = PHP_INT_MAX - 100; for ($i = 0; $i < 200; $i++) $o++; var_dump($o);
function t($n) { if ($n % 1000 == 0) throw new Exception("n$n"); return $n; } $c = 0; for ($i = 1; $i < 20000; $i++) try { $c += t($i); } catch (Exception $e) { $c -= strlen($e->getMessage()); } echo $c, "\n";
Y
for j in tracing function 1205 1255; do echo $j; php -d opcache.enable_cli=1 -d opcache.jit_buffer_size=32M -d opcache.jit=$j t.php; done
