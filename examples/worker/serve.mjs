// `node examples/worker/serve.mjs [--plain] [--port 8000]`: the page, isolated; or plain, as a server gives it that knows of
// no headers.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { basename, extname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const GUESTMEM = fileURLToPath(import.meta.resolve('guestmem'))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript' }

/** With these a page is isolated, and its threads share memory. The worker's file needs the second one, too. */
export const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

/** @param {Record<string, string>} headers */
export const server = headers =>
  createServer(async ({ url }, response) => {
    const name = basename(new URL(url, 'http://localhost').pathname) || 'index.html'
    try {
      const text = await readFile(name === 'guestmem.js' ? GUESTMEM : join(HERE, name), 'utf8')
      response.writeHead(200, { ...headers, 'Content-Type': TYPES[extname(name)] ?? 'text/plain' })
      // What a bundler or a development server does: a page has no package names.
      response.end(text.replaceAll("from 'guestmem'", "from './guestmem.js'"))
    } catch {
      response.writeHead(404, headers).end()
    }
  })

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { plain, port } = parseArgs({
    options: { plain: { type: 'boolean', default: false }, port: { type: 'string', default: '8000' } },
  }).values
  const listening = server(plain ? {} : ISOLATED)
  listening.listen(Number(port), 'localhost', () =>
    console.log(`http://localhost:${listening.address().port}/ is ${plain ? 'a plain' : 'an isolated'} page`),
  )
}
