import { spawn } from 'node:child_process'

/** Runs to the end or for `seconds`, and answers with everything that was printed. Never throws for what the program did. */
export function runProcess(file, args, { seconds, env, onStart } = {}) {
  return new Promise(resolve => {
    // A group of its own: a browser leaves children behind that only the group's end reaches.
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
      detached: true,
    })
    const stop = () => {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It ended by itself.
      }
    }
    let text = ''
    let late = false
    const timer = setTimeout(() => {
      late = true
      stop()
    }, seconds * 1000)
    child.stdout.on('data', data => (text += data))
    child.stderr.on('data', data => (text += data))
    child.once('error', error => finish(null, String(error)))
    child.once('close', code => finish(code, late ? `no end after ${seconds} s` : undefined))
    const finish = (code, problem) => {
      clearTimeout(timer)
      resolve({ code, text, problem })
    }
    onStart?.(stop)
  })
}

/** What `in/engine.mjs` reported, or one failure that says why it did not. */
export function readReport({ code, text, problem }) {
  const line = text.split('\n').findLast(one => one.startsWith('SMOKE '))
  if (line !== undefined && problem === undefined && code === 0) return JSON.parse(line.slice('SMOKE '.length))
  const last = text.trim().split('\n').slice(-8).join('\n')
  return { checks: 0, failures: [`${problem ?? `ended with ${code}`}: ${last}`] }
}
