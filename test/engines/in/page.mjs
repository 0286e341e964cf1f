// The page asks for nothing but to be opened: it runs everything and sends the server what came of it.
import { tell } from '../smoke/tell.mjs'
import { suite } from './browser-suite.mjs'

const query = new URL(location.href).searchParams
const module = new URL(query.get('module'), location.href).href
const should = { isolated: query.get('isolated') === 'true', compiles: query.get('compiles') === 'true' }

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./page-worker.mjs', import.meta.url), { type: 'module' })
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = event => reject(new Error(event.message))
    worker.postMessage({ module, should })
  })
}

const settled = async act => {
  try {
    return await act()
  } catch (error) {
    return { checks: 1, failures: [tell(error)] }
  }
}

/** examples/worker: the guest's CPU in a thread of its own, or in turns where none can share memory. */
async function example() {
  const { run } = await import('/example/main.mjs')
  const { shared, taken, sum, sent } = await run()
  const wrong = [shared !== should.isolated, taken !== 1000, sum !== sent || sum === 0]
  return { checks: wrong.length, failures: wrong.includes(true) ? [`got ${[shared, taken, sum, sent]}`] : [] }
}

const report = {
  page: await settled(() => suite(module, should)),
  worker: await settled(inWorker),
  example: await settled(example),
}
await fetch('/report', { method: 'POST', body: JSON.stringify(report) })
