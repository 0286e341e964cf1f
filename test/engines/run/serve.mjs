import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { basename, dirname, extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.map': 'application/json' }
const SUITE = fileURLToPath(new URL('..', import.meta.url))
const EXAMPLE = fileURLToPath(new URL('../../../examples/worker', import.meta.url))

// Without these two a page gets no SharedArrayBuffer.
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

// Without 'wasm-unsafe-eval' no WebAssembly may be compiled.
const STRICT = { 'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src 'self'" }

/**
 * What a page may be: with shared memory, or without, as on a host where no headers can be set; and each of them under a
 * policy that forbids WebAssembly. The page checks that it is what it should be.
 */
export const PAGES = {
  isolated: { headers: ISOLATED, isolated: true, compiles: true },
  plain: { headers: {}, isolated: false, compiles: true },
  strict: { headers: { ...ISOLATED, ...STRICT }, isolated: true, compiles: false },
  'plain strict': { headers: STRICT, isolated: false, compiles: false },
}

/**
 * A server on this machine only: the suite under /suite/, examples/worker under /example/, the module's folder under
 * /module/, and POST /report.
 */
export async function serve(module, page = 'page.html', query = {}, headers = ISOLATED) {
  const folders = { suite: SUITE, example: EXAMPLE, module: dirname(module) }
  let deliver
  const report = new Promise(resolve => (deliver = resolve))

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    if (request.method === 'POST' && pathname === '/report') {
      const parts = []
      for await (const part of request) parts.push(part)
      response.writeHead(204).end()
      deliver(JSON.parse(Buffer.concat(parts).toString()))
      return
    }
    const [, folder, ...rest] = normalize(decodeURIComponent(pathname)).split('/')
    try {
      const file = join(folders[folder], ...rest)
      const text = await readFile(file, 'utf8')
      response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(file)] ?? 'text/plain' })
      // The example is a user's program, which names the package.
      response.end(text.replaceAll("from 'guestmem'", `from '/module/${basename(module)}'`))
    } catch {
      response.writeHead(404, headers).end()
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${server.address().port}/suite/in/${page}?${new URLSearchParams({ module: `/module/${basename(module)}`, ...query })}`,
    report,
    close: () => server.close(),
  }
}
