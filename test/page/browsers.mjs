// Opens the page in the browsers that are installed, by the means of test/engines.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { browserVersion, findBrowser } from '../engines/run/browser.mjs'
import { BROWSERS, browserArgs } from '../engines/run/list.mjs'
import { runProcess } from '../engines/run/process.mjs'

/** `{ name, path, version }` of those that start. */
export function installedBrowsers() {
  return BROWSERS.flatMap(browser => {
    const path = findBrowser(browser)
    const version = path === undefined ? undefined : browserVersion(path)
    return version === undefined ? [] : [{ name: browser.name, path, version }]
  })
}

/** Has a browser open an address until `report` is settled. @returns What it is, or why there is none. */
export async function openIn({ name, path }, url, report, seconds = 180) {
  const browser = BROWSERS.find(each => each.name === name)
  const profile = mkdtempSync(join(tmpdir(), 'guestmem-browser-'))
  let stop
  const ended = runProcess(path, [...browserArgs(browser, profile), url], {
    seconds,
    env: { HOME: profile },
    onStart: end => (stop = end),
  })
  try {
    const first = await Promise.race([report.then(value => ({ value })), ended])
    if ('value' in first) return first.value
    const last = first.text.trim().split('\n').slice(-8).join('\n')
    return { checks: 0, failures: [`no report: ${first.problem ?? `it ended with ${first.code}`}: ${last}`] }
  } finally {
    stop()
    await ended
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
