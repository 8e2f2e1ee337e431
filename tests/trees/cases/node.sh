# packages: nodejs
# limit: 120
cat > t.js <<'X'
const { Worker, isMainThread, parentPort } = require('worker_threads');
if (!isMainThread) { let s = 0; for (let i = 0; i < 1e6; i++) s += i; parentPort.postMessage(s); } else {
const crypto = require('crypto'), http = require('http'), cp = require('child_process');
console.log([..."a1b22c333".matchAll(/(\w)(\d+)/g)].map(m => m[2]), 0.1 + 0.2, (123.456).toFixed(1), 2n ** 200n, JSON.stringify({ a: [1, { b: null }] }), [3, 1, 2].sort(), parseInt('ff', 16), Math.hypot(3, 4), -7 % 3, 1 << 31, 1 >>> 0, NaN === NaN);
console.log(crypto.createHash('sha256').update('x'.repeat(100000)).digest('hex'), crypto.pbkdf2Sync('p', 's', 1000, 16, 'sha1').toString('hex'));
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } console.log(fib(27)); const a = []; for (let i = 0; i < 200000; i++) a.push({ i, s: 'x' + i }); console.log(a.filter(o => o.i % 3 == 0).map(o => o.s.length).reduce((x, y) => x + y));
const w = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11])); const add = new WebAssembly.Instance(w).exports.add; let s = 0; for (let i = 0; i < 100000; i++) s = add(s, i); console.log(s);
const f = new Float64Array(1000).map((_, i) => Math.sin(i)); console.log(f.reduce((x, y) => x + y).toFixed(9)); try { null.x } catch (e) { console.log(e.message) } console.log(cp.execFileSync('echo', ['child']).toString());
new Worker(__filename).on('message', m => { console.log('worker', m); const srv = http.createServer((q, r) => r.end('got ' + q.url)).listen(0, '127.0.0.1', () => http.get({ port: srv.address().port, host: '127.0.0.1', path: '/x' }, r => { r.on('data', d => console.log(d.toString())); r.on('end', () => srv.close()); })); });
(async () => { await new Promise(r => setTimeout(r, 10)); console.log('async'); })(); process.on('exit', c => console.log('exit', c)); }
X
node t.js 2>&1 | sort; node -p 'process.version.split(".")[0]'
