import { EventEmitter } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import type { LitmusThread } from '../../src/litmus/litmus-thread.ts'
import { checkLitmusOptions } from '../../src/litmus/options.ts'
import { runLitmus, runRaces } from '../../src/litmus/run-litmus.ts'
import { startThread, THREAD_LIMITS } from '../../src/litmus/start-thread.ts'
import { READY, type Task } from '../../src/litmus/task.ts'
import type { ThreadSource } from '../../src/litmus/thread-source.ts'

const SHORT = { start: 300, nextSource: 50, answer: 300 }
/** Time enough for a real thread to start, and little for an answer. */
const SHORT_ANSWER = { start: 60_000, nextSource: 60_000, answer: 300 }
const NEVER = { start: 1e9, nextSource: 1e9, answer: 1e9 }
const program = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`)
const READY_PROGRAM = `import { parentPort } from 'node:worker_threads'; parentPort.postMessage(${JSON.stringify(READY)})`

/** A thread of either sort, as far as it is needed; it does nothing unless told. */
class FakeNodeThread extends EventEmitter implements LitmusThread {
  terminated = 0
  readonly tasks: unknown[] = []
  postMessage(message: unknown): void {
    this.tasks.push(message)
  }
  terminate(): void {
    this.terminated++
  }
}
class FakeWebThread extends EventTarget implements LitmusThread {
  terminated = 0
  postMessage(): void {}
  terminate(): void {
    this.terminated++
  }
}
const sourceOf = (name: string, thread: () => LitmusThread): ThreadSource => ({ name, open: thread })
const TASK: Task = { race: 'r', copy: 'c', role: 'guest', handle: {} as Task['handle'], ms: 0 }

test('the limit of a start is under 5 s, and leaves time for a second source', () => {
  expect(THREAD_LIMITS.start).toBeLessThan(5000)
  expect(THREAD_LIMITS.nextSource).toBeLessThan(THREAD_LIMITS.start / 2)
})

describe('a thread that fails fails the run', () => {
  // None of these waits for a limit: with the limits as they are, the tests would be late.
  test.each([
    ['throws at the start', program('throw new Error("no such luck")'), 'no such luck'],
    ['cannot be parsed', program('no such luck'), 'Unexpected identifier'],
    ['ends at once', program('process.exit(3)'), 'it ended, exit code 3'],
    ['is not there', new URL('file:///no/such/litmus-worker.js'), /Cannot find module|no such file/],
    ['has an address that is none', 'no address', /must be .*relative|absolute/],
    ['throws once it is ready', program(`${READY_PROGRAM}; throw new Error('later')`), 'later'],
    ['ends once it is ready', program(`${READY_PROGRAM}; parentPort.unref()`), 'it ended, exit code 0'],
    ['is no Worker', () => ({}) as LitmusThread, 'options.worker(): it must return a Worker'],
    [
      'is not made',
      () => {
        throw new Error('none today')
      },
      'none today',
    ],
  ])('that %s', async (_, worker, reason) => {
    await expect(runRaces(checkLitmusOptions({ worker }), NEVER)).rejects.toThrow(reason)
  })

  test('that is silent, after a limit', async () => {
    const worker = program('setInterval(() => {}, 1e6)')
    await expect(runRaces(checkLitmusOptions({ worker }), SHORT)).rejects.toThrow('it said nothing')
  })

  test('that says something else, after a limit', async () => {
    const worker = program(`import { parentPort } from 'node:worker_threads'
      setInterval(() => parentPort.postMessage({ observation: { rounds: 1, caught: 0 } }), 10)`)
    await expect(runRaces(checkLitmusOptions({ worker }), SHORT)).rejects.toThrow('it said nothing')
  })

  test('that is ready and then silent, after a limit', async () => {
    const worker = program(`${READY_PROGRAM}; setInterval(() => parentPort.postMessage('nothing of ours'), 10)`)
    const failure = /each byte once, guestmem ramMove: the \w+: its thread failed: it did not answer within 1 s/
    await expect(runRaces(checkLitmusOptions({ seconds: 0.1, worker }), SHORT_ANSWER)).rejects.toThrow(failure)
  })

  test('that has another version of the races', async () => {
    const answer = JSON.stringify({ failure: 'Error: this thread runs another version of guestmem' })
    const worker = program(`${READY_PROGRAM}; parentPort.once('message', () => parentPort.postMessage(${answer}))`)
    await expect(runRaces(checkLitmusOptions({ worker }), NEVER)).rejects.toThrow('another version of guestmem')
  })

  test('though the thread that it races with would wait for it for ever', async () => {
    let made = 0
    const waits = program(`${READY_PROGRAM}; parentPort.on('message', () => {})`)
    const fails = program(`${READY_PROGRAM}; parentPort.on('message', () => { throw new Error('mine alone') })`)
    const worker = () => new Worker(made++ % 2 === 0 ? fails : waits)
    await expect(runRaces(checkLitmusOptions({ worker }), NEVER)).rejects.toThrow(
      'the device: its thread failed: mine alone',
    )
  })
})

test('a file that is not beside the module, without a packed program, is an error that says what to do', async () => {
  // Here the sources run as they are, and `litmus-worker.js` is not among them.
  await expect(runLitmus()).rejects.toThrow(
    /^no litmus thread could be started \(litmus-worker\.js: .*litmus-worker\.js.*\)\. Let options\.worker give the address /,
  )
})

describe('of several sources', () => {
  test('the next is tried when one cannot be opened, rejects, or fails', async () => {
    const good = new FakeNodeThread()
    const bad = new FakeWebThread()
    const starting = startThread(
      [
        sourceOf('throws', () => {
          throw new Error('a')
        }),
        {
          name: 'is not prepared',
          prepare: () => Promise.reject(new Error('b')),
          open: () => {
            throw new Error('opened')
          },
        },
        sourceOf('fails', () => bad),
        sourceOf('starts', () => good),
      ],
      NEVER,
    )
    await new Promise(setImmediate)
    bad.dispatchEvent(new Event('error'))
    await new Promise(setImmediate)
    good.emit('message', READY)
    expect((await starting).source.name).toBe('starts')
    expect([good.terminated, bad.terminated]).toEqual([0, 1])
  })

  test('the next is tried beside one that is silent, and the first that is ready is taken', async () => {
    for (const winner of [0, 1]) {
      const threads = [new FakeNodeThread(), new FakeNodeThread()] as const
      const opened: LitmusThread[] = []
      const open = (thread: LitmusThread) => {
        opened.push(thread)
        return thread
      }
      const sources = threads.map((thread, i) => sourceOf(`${i}`, () => open(thread)))
      const starting = startThread(sources, { ...NEVER, nextSource: 1 })
      while (opened.length < 2) await new Promise(setImmediate)
      threads[winner]?.emit('message', READY)
      expect((await starting).source.name).toBe(`${winner}`)
      expect(threads.map(({ terminated }) => terminated)).toEqual(winner === 0 ? [0, 1] : [1, 0])
    }
  })

  test('none is tried once one is ready', async () => {
    const thread = new FakeNodeThread()
    const starting = startThread(
      [
        sourceOf('first', () => thread),
        sourceOf('second', () => {
          throw new Error('tried')
        }),
      ],
      { ...NEVER, nextSource: 5 },
    )
    await new Promise(setImmediate)
    thread.emit('message', READY)
    const running = await starting
    const asked = running.ask(TASK)
    setTimeout(() => thread.emit('message', { failure: 'x' }), 50)
    expect(await asked).toEqual({ failure: 'x' })
  })

  test('none is tried any more once the limit has passed', async () => {
    const late = new FakeNodeThread()
    let prepared = 0
    const second: ThreadSource = {
      name: 'second',
      prepare: async () => {
        prepared++
      },
      open: () => new FakeNodeThread(),
    }
    await expect(startThread([sourceOf('late', () => late), second], { ...NEVER, start: 1 })).rejects.toThrow(
      'late: it said',
    )
    late.emit('error', new Error('too late'))
    await new Promise(setImmediate)
    expect([prepared, late.terminated]).toEqual([0, 1])
  })

  test('all are named when none starts', async () => {
    const sources = [
      sourceOf('one', () => {
        throw new Error('first reason')
      }),
      sourceOf('two', () => new FakeNodeThread()),
    ]
    await expect(startThread(sources, SHORT)).rejects.toThrow('one: first reason; two: it said nothing')
  })
})

test('a thread that sends its first message while it is made is heard', async () => {
  const thread = new FakeWebThread()
  const open = () => {
    // As Deno does, which makes a thread in no time and delivers what it sent as soon as it can.
    queueMicrotask(() => thread.dispatchEvent(new MessageEvent('message', { data: READY })))
    return thread
  }
  for (const prepare of [undefined, async () => {}])
    expect((await startThread([{ name: 'eager', open, ...(prepare && { prepare }) }], SHORT)).source.name).toBe('eager')
})

describe('what a page says of a thread', () => {
  const start = async (act: (thread: FakeWebThread) => void) => {
    const thread = new FakeWebThread()
    const starting = startThread([sourceOf('web', () => thread)], NEVER)
    await new Promise(setImmediate)
    act(thread)
    return starting
  }

  test('a program that cannot be loaded comes as an event without a message, and is taken', async () => {
    const event = new Event('error', { cancelable: true })
    await expect(start(thread => thread.dispatchEvent(event))).rejects.toThrow('web: its program cannot be loaded')
    expect(event.defaultPrevented).toBe(true)
  })

  test('an error with its message', async () => {
    const event = Object.assign(new Event('error'), { message: 'Uncaught Error: no such luck' })
    await expect(start(thread => thread.dispatchEvent(event))).rejects.toThrow('web: Uncaught Error: no such luck')
  })

  test('a message that cannot be cloned', async () => {
    await expect(start(thread => thread.dispatchEvent(new Event('messageerror')))).rejects.toThrow('cannot be cloned')
  })

  test('ready, and an answer', async () => {
    const ready = new MessageEvent('message', { data: READY })
    let thread: FakeWebThread | undefined
    const running = await start(made => {
      thread = made
      made.dispatchEvent(ready)
    })
    const asked = running.ask(TASK)
    const observation = { rounds: 3, caught: 1 }
    thread?.dispatchEvent(new MessageEvent('message', { data: { observation } }))
    expect(await asked).toEqual({ observation })
    running.terminate()
    expect(thread?.terminated).toBe(1)
  })
})

test('a thread that failed before it was asked says why, by the first reason', async () => {
  const thread = new FakeNodeThread()
  const starting = startThread([sourceOf('s', () => thread)], NEVER)
  await new Promise(setImmediate)
  thread.emit('message', READY)
  const running = await starting
  thread.emit('error', new Error('the cause'))
  thread.emit('exit', 1)
  expect(await running.ask(TASK)).toEqual({ failure: 'its thread failed: the cause' })
  expect(thread.tasks).toEqual([])
})

test('a task that cannot be cloned is an answer too', async () => {
  const thread = new FakeNodeThread()
  thread.postMessage = () => {
    throw new Error('#<GuestRam> could not be cloned')
  }
  const starting = startThread([sourceOf('s', () => thread)], NEVER)
  await new Promise(setImmediate)
  thread.emit('message', READY)
  expect((await (await starting).ask(TASK)).failure).toMatch(/cannot be cloned: #<GuestRam>/)
})
