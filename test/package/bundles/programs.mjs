const RUN = `
function run(options, tell) {
  const start = Date.now()
  runLitmus({ seconds: 1, ...options }).then(
    ({ verdict, rows }) => tell({ verdict, rows: rows.length }),
    error => tell({ failure: String(error), ms: Date.now() - start }),
  )
}
`

const TELL_SERVER = `
const address = new URL(location.href).searchParams.get('worker')
run(address === null ? {} : { worker: address }, report => fetch('/report', { method: 'POST', body: JSON.stringify(report) }))
`

const TELL_PARENT = 'run({}, report => console.log(JSON.stringify(report)))'

/** A program that races and tells what came of it, as its user writes it. */
export const programFor = runsIn => {
  const rest = `${RUN}${runsIn === 'page' ? TELL_SERVER : TELL_PARENT}`
  return {
    'app.mjs': `import { runLitmus } from 'guestmem/litmus'\n${rest}`,
    'app.cjs': `const { runLitmus } = require('guestmem/litmus')\n${rest}`,
  }
}

/** Programs of threads that are no good. */
export const BAD_THREADS = {
  'throws.js': 'throw new Error("no such luck")',
  'silent.js': 'setInterval(() => {}, 1000)',
  'ends.js': 'close()',
  'says-something-else.js': 'setInterval(() => postMessage("hello"), 100)',
  'no-script.js': '<!doctype html><title>not found</title>',
}
