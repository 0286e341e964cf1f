import { spawnSync } from 'node:child_process'

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the command line to its end. @returns The exit code, and all that was printed. */
export function runFile(command: string, ...args: string[]): Ended {
  return runWith({}, command, ...args)
}

/** The same with text on the standard input, with variables in the environment, or with less memory. */
export function runWith(
  { input, env, heap }: { input?: string | Buffer; env?: NodeJS.ProcessEnv; heap?: number },
  command: string,
  ...args: string[]
): Ended {
  const flags = heap === undefined ? [] : [`--max-old-space-size=${heap}`]
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [...flags, command, ...args], {
    encoding: 'utf8',
    input: input ?? '',
    env: { ...process.env, ...env },
    timeout: 60_000,
    maxBuffer: 2 ** 28,
  })
  if (error !== undefined || status === null) throw error ?? new Error(`ended by ${signal}: ${stderr}`)
  return { code: status, out: stdout, err: stderr }
}
