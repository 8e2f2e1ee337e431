# packages: guile-3.0
# limit: 180
cat > t.scm <<'X'
(use-modules (ice-9 threads) (ice-9 match) (srfi srfi-1) (ice-9 regex))
(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (display (fib 25)) (newline)
(define (fact n) (if (= n 0) 1 (* n (fact (- n 1))))) (display (fact 60)) (newline) (display (list (/ 1 3) (exact->inexact 1/3) (sqrt -4) (expt 2 100) (quotient -7 2) (modulo -7 3) (sin 1.0))) (newline)
(display (apply + (par-map (lambda (x) (* x x)) (iota 100)))) (newline) (display (catch #t (lambda () (error "bad" 1)) (lambda (k . a) k))) (newline) (display (call/cc (lambda (k) (+ 1 (k 42))))) (newline)
(display (let loop ((i 0) (s 0.0)) (if (= i 2000000) s (loop (+ i 1) (+ s (* i 0.5)))))) (newline) (display (match:substring (string-match "[0-9]+" "ab123c"))) (newline) (display (vector-length (make-vector 1000000 0))) (gc) (newline) (display (string-upcase "größe")) (newline) (system "echo child")
(match '(1 (2 3)) ((a (b c)) (display (+ a b c)))) (newline)
X
guile --no-auto-compile t.scm; guile --no-auto-compile -c "(use-modules (system base compile)) (display (string? (compile-file \"t.scm\" #:output-file \"t.go\")))" 2> /dev/null; echo; guile --version | head -1
