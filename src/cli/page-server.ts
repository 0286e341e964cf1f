import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** What the page is made of; nothing else is served. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.html': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
}

/** The first two make the page isolated, so that its threads share memory; the policy lets it reach nobody else. */
const HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; worker-src 'self' blob:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
}

/** This machine's own names, as a browser has them in its requests: a page of another site can't ask by one of these. */
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/**
 * Serves the page, and at `/machine` the text that it is to show.
 *
 * @param folder Where its files are.
 */
export function pageServer(folder: URL, machine: string | undefined): Server {
  return createServer((request, response) => {
    answer(request, response, folder, machine).catch(() => end(response, 500))
  })
}

async function answer(
  { method, url, headers }: IncomingMessage,
  response: ServerResponse,
  folder: URL,
  machine: string | undefined,
): Promise<void> {
  if (!LOOPBACK.test(headers.host ?? '')) return end(response, 403)
  if (method !== 'GET' && method !== 'HEAD') return end(response, 405)
  const path = (url ?? '/').split('?')[0] as string
  if (path === '/machine' && machine !== undefined) return end(response, 200, machine, 'text/plain; charset=utf-8')
  // A path begins with a slash, as no name on everybody's prototype does.
  const known = FILES[path]
  if (known === undefined) return end(response, 404)
  const [file, type] = known
  end(response, 200, await readFile(new URL(file, folder)), type)
}

function end(response: ServerResponse, status: number, body: string | Buffer = '', type = 'text/plain'): void {
  if (!response.headersSent) response.writeHead(status, { ...HEADERS, 'Content-Type': type })
  response.end(body)
}
