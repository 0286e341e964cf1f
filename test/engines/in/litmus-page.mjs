// The litmus races on a page: a bar while they run, then the table; the server gets the report.
import { tell } from '../smoke/tell.mjs'

const query = new URL(location.href).searchParams
const { runLitmus, formatLitmus } = await import(new URL(query.get('module'), location.href).href)
const [bar, now, table] = ['bar', 'now', 'table'].map(id => document.getElementById(id))

let report
try {
  report = await runLitmus({
    seconds: 60 * Number(query.get('minutes')),
    onProgress(done, total, race, copy) {
      bar.max = total
      bar.value = done
      now.textContent = done === total ? 'done' : `${race}: ${copy}`
    },
  })
  table.textContent = formatLitmus(report)
} catch (error) {
  report = { failure: tell(error) }
}
await fetch('/report', { method: 'POST', body: JSON.stringify(report) })
