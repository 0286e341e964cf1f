import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { browserArgs } from '../../engines/run/list.mjs'
import { runProcess } from '../../engines/run/process.mjs'

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' }
const SECONDS = 120

// Without these two a page gets no SharedArrayBuffer.
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }

/** Opens a folder's index.html in a browser and waits for what the page posts to /report. @returns It, or `{ failure }`. */
export async function visit(browser, path, folder, { query = '', headers = {} } = {}) {
  let deliver
  const report = new Promise(resolve => (deliver = resolve))
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    if (request.method === 'POST' && pathname === '/report') {
      const parts = []
      for await (const part of request) parts.push(part)
      response.writeHead(204).end()
      return deliver(JSON.parse(Buffer.concat(parts).toString()))
    }
    const file = join(folder, normalize(decodeURIComponent(pathname === '/' ? '/index.html' : pathname)))
    try {
      const body = readFileSync(file)
      response
        .writeHead(200, { ...ISOLATED, ...headers, 'Content-Type': TYPES[extname(file)] ?? 'text/plain' })
        .end(body)
    } catch {
      response.writeHead(404, ISOLATED).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const profile = mkdtempSync(join(tmpdir(), 'guestmem-browser-'))
  let stop
  const url = `http://localhost:${server.address().port}/${query}`
  const ended = runProcess(path, [...browserArgs(browser, profile), url], {
    seconds: SECONDS,
    env: { HOME: profile },
    onStart: end => (stop = end),
  })
  try {
    const first = await Promise.race([report.then(value => ({ value })), ended])
    return first.value ?? { failure: `no report: ${first.problem ?? `the browser ended with ${first.code}`}` }
  } finally {
    stop()
    await ended
    server.close()
    server.closeAllConnections()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
