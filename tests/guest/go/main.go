// What Go's runtime leans on: goroutines on many threads that are stopped by signals, a concurrent
// garbage collector, faults that become panics, children, sockets with epoll. Prints the same on
// every machine. With an argument it is its own child.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
}

// Producers and consumers over channels, a mutex and atomics, some locked to their threads.
func goroutines() {
	ch := make(chan int, 10)
	var producers, consumers sync.WaitGroup
	var mu sync.Mutex
	var added int64
	total := 0
	for i := 0; i < 100; i++ {
		producers.Add(1)
		go func(k int) {
			defer producers.Done()
			if k%10 == 0 {
				runtime.LockOSThread()
			}
			for j := 0; j < 200; j++ {
				ch <- k * j
				atomic.AddInt64(&added, 1)
			}
		}(i)
	}
	for i := 0; i < 4; i++ {
		consumers.Add(1)
		go func() {
			defer consumers.Done()
			for v := range ch {
				mu.Lock()
				total += v
				mu.Unlock()
			}
		}()
	}
	producers.Wait()
	close(ch)
	consumers.Wait()
	fmt.Println("goroutines", total, added)
}

// A goroutine in a loop without calls is stopped by a signal alone.
func preemption() {
	var spinning int32
	go func() {
		atomic.StoreInt32(&spinning, 1)
		for {
		}
	}()
	for atomic.LoadInt32(&spinning) == 0 {
		runtime.Gosched()
	}
	runtime.GC()
	fmt.Println("preempted")
}

type node struct {
	left, right *node
	fill        [5]int
}

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: tree(depth - 1), right: tree(depth - 1)}
}

func (n *node) count() int {
	if n == nil {
		return 0
	}
	return 1 + n.left.count() + n.right.count()
}

// Four threads build trees while the collector runs beside them; stacks grow and move.
func garbage() {
	long := tree(15)
	var counts [4]int
	var wg sync.WaitGroup
	for t := range counts {
		wg.Add(1)
		go func(t int) {
			defer wg.Done()
			for i := 0; i < 12; i++ {
				counts[t] += tree(11 + t%2).count()
			}
		}(t)
	}
	wg.Wait()
	var deep func(n int) int
	deep = func(n int) int {
		var room [20]int
		if n == 0 {
			return 0
		}
		room[n%20] = n
		return deep(n-1) + room[n%20]
	}
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	fmt.Println("garbage", long.count(), counts, deep(20000), after.NumGC > 3)
}

func caught(name string, f func()) {
	defer func() { fmt.Println(name, recover()) }()
	f()
}

// Hardware faults at known places become panics of the right kind.
func faults() {
	var p *node
	a, i, zero := []int{1}, 5, 0
	caught("nil:", func() { fmt.Println(p.left) })
	caught("far nil:", func() { fmt.Println((*[1 << 30]byte)(nil)[i+1<<20]) })
	caught("index:", func() { fmt.Println(a[i]) })
	caught("divide:", func() { fmt.Println(i / zero) })
	caught("call:", func() { var f func(); f() })
}

func child() {
	switch os.Args[1] {
	case "echo":
		io.Copy(os.Stdout, os.Stdin)
		os.Exit(3)
	case "wait":
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "crash":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Minute)
	}
}

// Children at once from several threads; one that ends by itself, one that is killed.
func children() {
	self, err := os.Executable()
	check(err)
	out := make([]string, 8)
	var wg sync.WaitGroup
	for i := range out {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			c := exec.Command(self, "echo")
			c.Stdin = strings.NewReader(fmt.Sprint("text ", i))
			b, err := c.Output()
			out[i] = fmt.Sprint(string(b), ": ", err)
		}(i)
	}
	wg.Wait()
	fmt.Println(strings.Join(out, ", "))
	ctx, cancel := context.WithCancel(context.Background())
	c := exec.CommandContext(ctx, self, "wait")
	pipe, err := c.StdoutPipe()
	check(err)
	check(c.Start())
	line, _ := bufio.NewReader(pipe).ReadString('\n')
	cancel()
	fmt.Println(strings.TrimSpace(line), c.Wait())
	fmt.Println(exec.Command(self, "crash").Run(), exec.Command("/no/such/program").Run())
}

// A server and twenty clients on the loopback.
func web() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(b))
	}))
	lines := make([]string, 20)
	var wg sync.WaitGroup
	for i := range lines {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			url := fmt.Sprintf("http://%s/%02d", l.Addr(), i)
			r, err := http.Post(url, "text/plain", strings.NewReader(strings.Repeat("x", i*10000)))
			if err != nil {
				lines[i] = err.Error()
				return
			}
			defer r.Body.Close()
			b, _ := io.ReadAll(r.Body)
			lines[i] = fmt.Sprint(string(b), " ", r.StatusCode)
		}(i)
	}
	wg.Wait()
	sort.Strings(lines)
	fmt.Println(strings.Join(lines, ", "))
	_, err = net.Dial("tcp", "127.0.0.1:1")
	fmt.Println(err != nil && strings.HasSuffix(err.Error(), "connection refused"))
}

func signals() {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-ch)
	tick := time.NewTicker(2 * time.Millisecond)
	for i := 0; i < 5; i++ {
		<-tick.C
	}
	select {
	case <-ch:
		fmt.Println("a second signal")
	case <-time.After(5 * time.Millisecond):
		fmt.Println("time")
	}
}

func numbers() {
	s := 0.0
	for i := 1; i < 1000; i++ {
		s += math.Sqrt(float64(i)) / float64(i+1)
	}
	nan, huge := math.NaN(), 1e300
	fmt.Printf("%.9g %v %v %d %x\n", s, nan < 1, huge*huge, math.Float64bits(-0.1),
		sha256.Sum256([]byte(strings.Repeat("abc", 5000))))
}

func main() {
	if len(os.Args) > 1 {
		child()
		return
	}
	for _, part := range []func(){goroutines, preemption, garbage, faults, children, web, signals, numbers} {
		part()
	}
	fmt.Println("end")
}
