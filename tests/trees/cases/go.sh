# packages: golang-go
# limit: 300
cat > t.go <<'X'
package main

import ("fmt"; "io"; "net/http"; "net"; "os/exec"; "sort"; "sync"; "math"; "crypto/sha256"; "runtime"; "encoding/json"; "time"; "strings")

type N struct { l, r *N }
func mk(d int) *N { if d == 0 { return &N{} }; return &N{mk(d - 1), mk(d - 1)} }
func (n *N) c() int { if n.l == nil { return 1 }; return 1 + n.l.c() + n.r.c() }
func main() {
	var wg sync.WaitGroup; ch := make(chan int, 10); var mu sync.Mutex; tot := 0
	for i := 0; i < 50; i++ { wg.Add(1); go func(k int) { defer wg.Done(); for j := 0; j < 100; j++ { ch <- k * j } }(i) }
	done := make(chan bool); go func() { for v := range ch { mu.Lock(); tot += v; mu.Unlock() }; done <- true }(); wg.Wait(); close(ch); <-done; fmt.Println(tot)
	for i := 0; i < 10; i++ { fmt.Print(mk(14).c(), " ") }; runtime.GC(); fmt.Println()
	out, err := exec.Command("sh", "-c", "echo child; exit 3").Output(); fmt.Print(string(out), err, "\n")
	l, _ := net.Listen("tcp", "127.0.0.1:0"); go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "got ", r.URL.Path) }))
	for i := 0; i < 3; i++ { r, err := http.Get("http://" + l.Addr().String() + "/x"); if err != nil { fmt.Println(err); continue }; b, _ := io.ReadAll(r.Body); fmt.Println(string(b), r.StatusCode) }
	func() { defer func() { fmt.Println(recover()) }(); var p *N; fmt.Println(p.l) }(); func() { defer func() { fmt.Println(recover()) }(); a := []int{1}; i := 5; fmt.Println(a[i]) }()
	m := map[string]int{}; for i := 0; i < 10000; i++ { m[fmt.Sprint(i%97)] += i }; k := []string{}; for s := range m { k = append(k, s) }; sort.Strings(k); fmt.Println(len(k), m[k[5]])
	fmt.Printf("%.15g %x\n", math.Sin(1)*math.Exp(2), sha256.Sum256([]byte(strings.Repeat("x", 10000)))); j, _ := json.Marshal(map[string]any{"a": []int{1, 2}, "b": nil}); fmt.Println(string(j), 5*time.Second)
	t := time.NewTicker(5 * time.Millisecond); for i := 0; i < 3; i++ { <-t.C }; spin := time.Now(); go func() { for { } }(); for time.Since(spin) < 50*time.Millisecond { runtime.Gosched() }; fmt.Println("end")
}
X
export GOFLAGS=-mod=mod GOCACHE=$PWD/cache GO111MODULE=off; go build -o t t.go && ./t; echo $?; go vet t.go; echo $?
