import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

/** What the page is made of; nothing else is served. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/index.html': ['index.html', 'text/html; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
}

/** WebSockets of this machine, where an emulator may stream its trace. A policy has no way to write [::1]. */
const LOOPBACK_SOCKETS = 'ws://localhost:* ws://127.0.0.1:*'

/**
 * The first two make the page isolated, so that its threads share memory; the policy lets it reach this machine and nobody else.
 *
 * @param sockets The origin of one more WebSocket.
 */
const headers = (sockets = ''): Readonly<Record<string, string>> => ({
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
    `connect-src 'self' ${`${LOOPBACK_SOCKETS} ${sockets}`.trim()}; ` +
    "worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
})

/** This machine's own names, as a browser has them in its requests: a page of another site can't ask by one of these. */
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/** What is served. */
interface Served {
  /** Where the page's files are. */
  readonly folder: URL
  readonly machine: string | undefined
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Serves the page, and at `/machine` the text that it is to show.
 *
 * @param folder Where its files are.
 * @param socket The address of a WebSocket that the page may connect to, besides those of this machine.
 */
export function pageServer(folder: URL, machine: string | undefined, socket?: URL): Server {
  const served = { folder, machine, headers: headers(socket && `${socket.protocol}//${socket.host}`) }
  return createServer((request, response) => {
    answer(request, response, served).catch(() => end(response, served, 500))
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const { method, url } = request
  const { folder, machine } = served
  if (!LOOPBACK.test(request.headers.host ?? '')) return end(response, served, 403)
  if (method !== 'GET' && method !== 'HEAD') return end(response, served, 405)
  const path = (url ?? '/').split('?')[0] as string
  if (path === '/machine' && machine !== undefined)
    return end(response, served, 200, machine, 'text/plain; charset=utf-8')
  // A path begins with a slash, as no name on everybody's prototype does.
  const known = FILES[path]
  if (known === undefined) return end(response, served, 404)
  const [file, type] = known
  end(response, served, 200, await readFile(new URL(file, folder)), type)
}

function end(
  response: ServerResponse,
  { headers }: Served,
  status: number,
  body: string | Buffer = '',
  type = 'text/plain',
): void {
  if (!response.headersSent) response.writeHead(status, { ...headers, 'Content-Type': type })
  response.end(body)
}
