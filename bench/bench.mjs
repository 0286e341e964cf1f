// npm run bench [-- --smoke] [-- --json FILE] [-- --only TEXT] [-- --passes N]
// Prints a table of every case, then of every case and rival the geometric mean and the worst cell.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { GROUPS } from './groups.mjs'
import { geometricMean } from './harness.mjs'

const { values } = parseArgs({
  options: {
    smoke: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string', default: '' },
    passes: { type: 'string' },
  },
})
const passes = Number(values.passes ?? (values.smoke ? 1 : 3))
if (!Number.isInteger(passes) || passes < 1) throw new RangeError(`--passes must be a count, got ${values.passes}`)
const WIDTHS = [34, 33, 9, 12, 12, 12, 12]
const { bun, node, v8 } = process.versions
const engine = bun ? `Bun ${bun}` : `Node ${node} (V8 ${v8})`
const cpu = cpus()[0]?.model ?? process.arch

console.log(`${engine}, ${cpu}; ns per call, medians of interleaved samples, the median of \
${passes} passes; ratio = rival / ours\n`)
print('case', 'rival', 'align', 'bytes', 'ns', 'rival ns', 'ratio')
const rows = []
for (const group of Object.keys(GROUPS)) {
  const runs = []
  for (let pass = 0; pass < passes; pass++) runs.push(await runGroup(group))
  for (const cell of runs[0].keys()) report(middle(runs.map(run => run[cell])))
}

console.log()
print('case', 'rival', '', 'cells', 'mean ratio', 'worst', 'at')
for (const key of new Set(rows.map(({ case: name, rival }) => `${name}\t${rival}`))) {
  const cells = rows.filter(({ case: name, rival }) => `${name}\t${rival}` === key)
  const worst = cells.reduce((a, b) => (b.ratio < a.ratio ? b : a))
  const mean = geometricMean(cells.map(cell => cell.ratio))
  print(...key.split('\t'), '', `${cells.length}`, mean.toFixed(2), worst.ratio.toFixed(2), `${worst.bytes} B`)
}

if (values.json) writeFileSync(values.json, `${JSON.stringify({ engine, cpu, rows }, null, 2)}\n`)

function print(...cells) {
  console.log(cells.map((cell, i) => (i < 3 ? cell.padEnd(WIDTHS[i]) : cell.padStart(WIDTHS[i]))).join(''))
}

function report(row) {
  rows.push(row)
  const { ns, rivalNs, ratio } = row
  print(row.case, row.rival, row.align, `${row.bytes}`, ns.toFixed(1), rivalNs.toFixed(1), ratio.toFixed(2))
}

/** Of a cell's rows the one with the median ratio. */
function middle(cells) {
  return cells.sort((a, b) => a.ratio - b.ratio)[cells.length >> 1]
}

/**
 * A thread of its own for each pass of a group: what one taught the JIT is no help, and no hindrance, to the next; and
 * what disturbs the machine for a second disturbs one pass.
 */
function runGroup(group) {
  const workerData = { group, smoke: values.smoke, only: values.only }
  const worker = new Worker(new URL('./group-worker.mjs', import.meta.url), { workerData })
  const cells = []
  worker.on('message', row => cells.push(row))
  return new Promise((resolve, reject) => {
    worker.on('error', reject)
    worker.on('exit', code => (code === 0 ? resolve(cells) : reject(new Error(`group ${group} exited with ${code}`))))
  })
}
