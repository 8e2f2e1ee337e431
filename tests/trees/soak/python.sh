# packages: python3
# limit: 60
# multiprocessing in each way of starting: pools, queues with feeder threads, locks, a manager.
[ "$1" = run ] && exec python3 t.py
cat > t.py <<'X'
import multiprocessing as mp, threading, concurrent.futures as cf, subprocess

def square(x):
    return x * x

def feed(q, lock, total, n):
    for i in range(20):
        q.put(n * i)
        with lock:
            total.value += 1

def one(method):
    ctx = mp.get_context(method)
    with ctx.Pool(2) as p:
        print(method, sum(p.map(square, range(500), 7)), list(p.imap_unordered(square, [3])))
    q, lock, total = ctx.Queue(), ctx.Lock(), ctx.Value('i', 0)
    ps = [ctx.Process(target=feed, args=(q, lock, total, n)) for n in range(2)]
    for p in ps: p.start()
    s = sum(q.get() for _ in range(40))
    for p in ps: p.join()
    print(s, total.value, [p.exitcode for p in ps])

if __name__ == '__main__':
    one('fork')
    one('spawn')
    one('forkserver')
    with mp.Manager() as m:
        d = m.dict()
        d['x'] = 1
        print(dict(d))
    with cf.ThreadPoolExecutor(4) as e:
        print(list(e.map(lambda n: subprocess.run(['sh', '-c', 'exit %d' % n]).returncode, range(8))))
    with cf.ProcessPoolExecutor(2) as e:
        print(list(e.map(square, range(8))))
X
