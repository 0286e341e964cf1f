import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { browserArgs } from './list.mjs'
import { runProcess } from './process.mjs'
import { PAGES, serve } from './serve.mjs'

const SECONDS = 180

export const findBrowser = ({ paths }) => paths.find(path => existsSync(path))

/**
 * Opens the page, waits for its report, ends the browser. Three rows: the main thread, a Worker, and examples/worker.
 *
 * @param kind One of PAGES.
 */
export async function runBrowser(browser, path, module, kind) {
  const { headers, ...query } = PAGES[kind]
  const { report, problem } = await openPage(browser, path, module, 'page.html', query, SECONDS, headers)
  if (report?.page !== undefined) return report
  const failed = { checks: 0, failures: [`no report: ${problem}`] }
  return { page: failed, worker: failed, example: failed }
}

/** The same for the page that races. */
export async function runLitmusPage(browser, path, module, minutes, seconds) {
  const { report, problem } = await openPage(browser, path, module, 'litmus.html', { minutes }, seconds)
  return report?.rows === undefined ? { problem: report?.failure ?? problem } : { report }
}

/** The same for the page that is the owner of the threads' litmus tests. */
export async function runThreadsPage(browser, path, module, minutes, seconds) {
  return await openPage(browser, path, module, 'threads.html', { minutes }, seconds)
}

async function openPage(browser, path, module, page, query, seconds, headers) {
  const profile = mkdtempSync(join(tmpdir(), 'guestmem-browser-'))
  const server = await serve(module, page, query, headers)
  let stop
  const ended = runProcess(path, [...browserArgs(browser, profile), server.url], {
    seconds,
    env: { HOME: profile },
    onStart: end => (stop = end),
  })
  try {
    const first = await Promise.race([server.report.then(report => ({ report })), ended])
    if (first.report !== undefined) return first
    const last = first.text.trim().split('\n').slice(-8).join('\n')
    return { problem: `${first.problem ?? `it ended with ${first.code}`}: ${last}` }
  } finally {
    stop()
    await ended
    server.close()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Undefined where it does not start: some systems have a program by that name that says how to install it. */
export function browserVersion(path) {
  try {
    const text = execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return /\d+(?:\.\d+)+/.exec(text)?.[0] ?? text.trim()
  } catch {
    return undefined
  }
}
