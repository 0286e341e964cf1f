import { writeSync } from 'node:fs'

/** Prints a line, or several. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Prints a value as JSON; addresses and sizes, which have 64 bits, as hexadecimal text. */
export function printJson(value: unknown): void {
  print(asJson(value))
}

export function asJson(value: unknown): string {
  return JSON.stringify(value, (_, field) => (typeof field === 'bigint' ? `0x${field.toString(16)}` : field), 2)
}

/** Tells something beside the output. */
export function note(text: string): void {
  writeSync(2, `${text}\n`)
}

/** Whether what is printed may be coloured: on a terminal that has colours, unless NO_COLOR says no. */
export function hasColours({ isTTY }: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
}

const CODES = { red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const

export type Colour = keyof typeof CODES

/** Text in a colour, where there are any. */
export function coloured(text: string, colour: Colour): string {
  return hasColours(process.stdout, process.env) ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text
}

const BAR_WIDTH = 30

/** Draws a bar in a terminal, and takes it away when all is done. @param what Is being done. */
export function drawProgress(done: number, total: number, what: string): void {
  if (!process.stderr.isTTY) return
  const full = Math.round((done / total) * BAR_WIDTH)
  const bar = done === total ? '' : `[${'#'.repeat(full)}${'.'.repeat(BAR_WIDTH - full)}] ${what}`
  process.stderr.write(`\r\u001b[2K${bar}`)
}

/** A name or a path that is printed on one line: characters that would end it, or steer a terminal, as `\x0a`. */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, character => {
    const code = (character.codePointAt(0) as number).toString(16)
    return code.length < 3 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
  })
}
