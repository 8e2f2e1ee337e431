# packages: nodejs
# limit: 60
# node's start: its thread pool, two workers, a child, a file read by the pool, and the end.
[ "$1" = run ] && exec node t.js
cat > t.js <<'X'
const { Worker, isMainThread, parentPort } = require('worker_threads');
if (!isMainThread) { parentPort.postMessage(6 * 7); } else {
const out = []; let left = 4;
const done = s => { out.push(s); if (--left == 0) console.log(out.sort().join('\n')); };
for (let i = 0; i < 2; i++) new Worker(__filename).on('message', m => done('worker ' + m));
require('child_process').execFile('sh', ['-c', 'echo child'], (e, o) => done(o.trim()));
require('fs').readFile(__filename, (e, d) => done('read ' + d.length)); }
X
