# packages: python3
python3 <<'X'
import decimal, fractions, hashlib, json, math, re, struct, subprocess, threading, zlib, itertools, datetime, random, asyncio, ctypes, signal, os, sqlite3, multiprocessing
print(sum(i * i for i in range(10000)), 2 ** 300 % 1000007, 0.1 + 0.2, math.pi, round(2.675, 2), 7 // -2, -7 % 3, 1e16 + 1, float('nan') != float('nan'))
decimal.getcontext().prec = 60; print(decimal.Decimal(2).sqrt(), fractions.Fraction(355, 113) ** 5, math.factorial(50), math.gamma(5.5), math.erf(0.3))
print(hashlib.sha3_256(b'x' * 1000).hexdigest(), zlib.crc32(b'y' * 10000), struct.pack('<dIq', 1.5, 7, -1).hex(), re.sub(r'(\w+) (\w+)', r'\2 \1', 'hello world'))
random.seed(42); print([random.randrange(1000) for _ in range(8)], random.gauss(0, 1)); print(json.dumps({'a': [1, 2.5, None, True, 'ü']}, sort_keys=True), datetime.datetime(2024, 2, 29) + datetime.timedelta(366))
n = [0]; l = threading.Lock()
def work():
    for _ in range(2000):
        with l: n[0] += 1
ts = [threading.Thread(target=work) for _ in range(4)]; [t.start() for t in ts]; [t.join() for t in ts]; print(n[0])
print(subprocess.run(['sh', '-c', 'echo out; exit 3'], capture_output=True)); signal.signal(signal.SIGUSR1, lambda s, f: print('signal', s)); os.kill(os.getpid(), signal.SIGUSR1)
async def co(i): await asyncio.sleep(0.01 * (5 - i)); return i
async def main(): print(await asyncio.gather(*[co(i) for i in range(5)])); p = await asyncio.create_subprocess_exec('echo', 'async', stdout=-1); print((await p.communicate())[0])
asyncio.run(main()); print(ctypes.CDLL(None).abs(-5), sqlite3.connect(':memory:').execute('select 6 * 7').fetchone())
cb = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))(lambda a, b: a[0] - b[0]); arr = (ctypes.c_int * 5)(5, 3, 1, 4, 2); ctypes.CDLL(None).qsort(arr, 5, 4, cb); print(list(arr))
with multiprocessing.get_context('fork').Pool(3) as p: print(p.map(math.factorial, range(10)))
try: (lambda f: f(f))(lambda f: f(f))
except RecursionError as e: print('recursion')
X
