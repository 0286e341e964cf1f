import { tell } from './tell.mjs'

const show = value =>
  ArrayBuffer.isView(value)
    ? Array.from(value, byte => byte.toString(16).padStart(2, '0')).join(' ')
    : typeof value === 'bigint'
      ? `0x${value.toString(16)}n`
      : typeof value === 'number'
        ? `0x${value.toString(16)}`
        : String(value)

/** Counts what was compared and keeps what differed. Knows no engine and no test runner. */
export class Checks {
  count = 0
  failures = []

  same(what, got, wanted) {
    this.count++
    if (!Object.is(got, wanted)) this.failures.push(`${what}: ${show(got)}, not ${show(wanted)}`)
  }

  bytes(what, got, wanted) {
    this.count++
    let at = 0
    while (at < wanted.length && got[at] === wanted[at]) at++
    if (at === wanted.length && got.length === wanted.length) return
    const part = [Math.max(0, at - 4), at + 12]
    this.failures.push(`${what}: byte ${at}: ${show(got.slice(...part))}, not ${show(wanted.slice(...part))}`)
  }

  throws(what, kind, act) {
    this.count++
    try {
      act()
    } catch (error) {
      if (error instanceof kind) return
      this.failures.push(`${what}: threw ${error}, not a ${kind.name}`)
      return
    }
    this.failures.push(`${what}: threw nothing`)
  }

  /** What throws in one group ends that group, and is told, and leaves the next ones their turn. */
  async group(name, act) {
    try {
      await act(this)
    } catch (error) {
      this.count++
      this.failures.push(`${name}: threw ${tell(error)}`)
    }
  }
}
