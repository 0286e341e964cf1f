import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { type QtestMachine, serveQtest } from 'guestmem/qemu'
import { describe, expect, test } from 'vitest'
import { later } from '../support/later.ts'
import { QtestClient } from './qtest-client.ts'

const MiB = 2 ** 20

/** 16 MiB of RAM at 0. */
function machine(): QtestMachine {
  const ram = GuestRam.allocate(16 * MiB)
  return { memory: new AddressSpace('memory', MemoryRegion.ram('ram', ram.block('ram', 16 * MiB))) }
}

const encoder = new TextEncoder()

/** Serves chunks, and gives what is answered. */
async function answersTo(chunks: Iterable<string | Uint8Array>, served = machine()): Promise<string[]> {
  let text = ''
  const input = async function* () {
    yield* chunks
  }
  const write = (answer: string) => {
    text += answer
  }
  await serveQtest({ [Symbol.asyncIterator]: input, write }, served)
  return text.split('\n').slice(0, -1)
}

describe('what one request may ask for', () => {
  const most = 16 * MiB

  test('reads, writes and fills of 16 MiB are done', async () => {
    const client = new QtestClient(machine())
    expect(await client.ask(`write 0 ${most} 0x${'5a'.repeat(most)}`)).toBe('OK')
    const read = await client.ask(`read 0 ${most}`)
    expect(read.length).toBe(5 + 2 * most)
    expect(/[^5a]/.test(read.slice(5))).toBe(false)
    expect(await client.ask(`memset 0 ${most} 0xff`)).toBe('OK')
    const base64 = await client.ask(`b64read 0 ${most}`)
    expect(base64.length).toBe(3 + 4 * Math.ceil(most / 3))
    expect(await client.ask(`b64write 1 ${most - 1} ${base64.slice(3)}`)).toBe('OK')
    expect(await client.ask(`b64read 1 ${most - 1}`)).toBe(`OK ${Buffer.alloc(most - 1, 0xff).toString('base64')}`)
    await client.close()
  })

  test.each(['read', 'b64read', 'write', 'b64write', 'memset'])('%s of more fails, with the reason', async command => {
    const client = new QtestClient(machine())
    for (const size of ['16777217', '0x8000000', '0x80000000', '0xffffffffffffffff', '-1'])
      expect(await client.ask(`${command} 0 ${size} 0x00`)).toBe(`FAIL SIZE must be at most 16777216, got ${size}`)
    expect(await client.ask('endianness')).toBe('OK little')
    await client.close()
  })

  test('a number has at most 66 characters, and a bad word is not sent back whole', async () => {
    const client = new QtestClient(machine())
    expect(await client.ask(`readb 0x${'0'.repeat(64)}`)).toBe('OK 0x0000000000000000')
    expect(await client.ask(`readb ${'9'.repeat(MiB)}`)).toBe(
      'FAIL ADDR must be a number of at most 66 characters, got 1048576',
    )
    for (const bad of [`${'z'.repeat(MiB)} 1`, `write 0 ${'x'.repeat(60)} 1`, `memset 0 1 ${'y'.repeat(66)}`])
      expect((await client.ask(bad)).length).toBeLessThan(200)
    await client.close()
  })

  test('a line has at most 2^25 + 256 bytes; a longer one is not kept, and the conversation goes on', async () => {
    const longest = 2 ** 25 + 256
    const exactly = 'endianness'.padEnd(longest)
    expect(await answersTo([`${exactly}\nendianness\n`])).toEqual(['OK little', 'OK little'])
    expect(await answersTo([`${exactly} \nendianness\n`])).toEqual([
      `FAIL a request must have at most ${longest} bytes, got a line of ${longest + 1}`,
      'OK little',
    ])
    const piece = new Uint8Array(MiB).fill(120)
    const before = process.memoryUsage()
    let most = 0
    const answers = await answersTo(
      (function* () {
        for (let i = 0; i < 512; i++) {
          yield piece
          const { arrayBuffers, heapUsed } = process.memoryUsage()
          most = Math.max(most, arrayBuffers + heapUsed)
        }
        yield encoder.encode('\nendianness\n')
      })(),
    )
    expect(answers).toEqual([
      `FAIL a request must have at most ${longest} bytes, got a line of ${512 * MiB}`,
      'OK little',
    ])
    // Of 512 MiB: the longest line, the array before it that was half as long, and the machine.
    expect(most - before.arrayBuffers - before.heapUsed).toBeLessThan(160 * MiB)
  })

  test('a line in as many chunks as it has bytes, words without end, and no words', async () => {
    const line = `write 0x10 4 0x01020304${' x'.repeat(50_000)}\n`
    expect(await answersTo(bytesOf(line))).toEqual(['OK'])
    expect(await answersTo([`${' '.repeat(MiB)}\n\r\n\t\n`, 'b64read 0 0\n'])).toEqual(['OK '])
  })
})

function* bytesOf(text: string): Generator<Uint8Array> {
  for (const byte of encoder.encode(text)) yield Uint8Array.of(byte)
}

describe('turns', () => {
  test('other tasks have theirs between the requests of one chunk', async () => {
    let turns = 0
    let served = false
    const others = (async () => {
      for (; !served; turns++) await turn()
    })()
    const answers = await answersTo(['readb 0\n'.repeat(1000)])
    served = true
    await others
    expect(answers).toHaveLength(1000)
    expect(turns).toBeGreaterThan(900)
  })

  test('and timers', async () => {
    let fired = 0
    const timer = setInterval(() => fired++, 1)
    let after = 0
    for (let chunk = 0; fired < 3 && chunk < 1000; chunk++) {
      await answersTo(['memset 0 65536 1\n'.repeat(100)])
      after = fired
    }
    clearInterval(timer)
    expect(after).toBeGreaterThan(2)
  })
})

/** A stream that is as full as it is told to be. */
class FullStream {
  readonly written: string[] = []
  readonly listeners = new Map<string, ((error?: unknown) => void)[]>()
  asked = 0
  full = false
  readonly #chunks: string[]

  constructor(chunks: string[]) {
    this.#chunks = chunks
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (const chunk of this.#chunks) {
      this.asked++
      yield chunk
    }
  }

  write(text: string): boolean {
    this.written.push(text)
    return !this.full
  }

  once(event: string, listener: (error?: unknown) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener])
  }

  emit(event: string, error?: unknown): void {
    const listeners = this.listeners.get(event) ?? []
    this.listeners.delete(event)
    for (const listener of listeners) listener(error)
  }
}

/** Long enough for whatever does not wait. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn()
}

describe('a stream that takes no more', () => {
  test('is sent nothing, and not read, until it drains', async () => {
    const stream = new FullStream(['readb 0\nreadb 1\n', 'readb 2\n', 'readb 3\n'])
    stream.full = true
    const done = serveQtest(stream, machine())
    for (let answer = 1; answer <= 4; answer++) {
      await settle()
      expect([stream.written.length, stream.asked]).toEqual([answer, Math.max(1, answer - 1)])
      expect(stream.listeners.get('drain')).toHaveLength(1)
      if (answer === 4) stream.full = false
      stream.emit('drain')
    }
    await done
    // One listener each, however often it was full.
    expect([stream.listeners.get('close')?.length, stream.listeners.get('error')?.length]).toEqual([1, 1])
  })

  test('ends the conversation where it is closed, and fails it where it breaks', async () => {
    for (const end of ['close', 'error']) {
      const stream = new FullStream(['readb 0\nreadb 1\n', 'readb 2\n'])
      stream.full = true
      const done = serveQtest(stream, machine())
      await settle()
      stream.emit(end, new Error('the cable is out'))
      if (end === 'close') await done
      else await expect(done).rejects.toThrow('the cable is out')
      expect(stream.written).toHaveLength(1)
    }
  })

  test('and has no events is given a promise for, or time', async () => {
    const released: (() => void)[] = []
    const written: string[] = []
    const input = async function* () {
      yield 'readb 0\nreadb 1\n'
    }
    const write = (text: string) => {
      written.push(text)
      return new Promise<void>(resolve => released.push(resolve))
    }
    const done = serveQtest({ [Symbol.asyncIterator]: input, write }, machine())
    await settle()
    expect(written).toHaveLength(1)
    released[0]?.()
    await settle()
    expect(written).toHaveLength(2)
    released[1]?.()
    await done
    const all = await answersTo(['readb 0\n'.repeat(3)])
    expect(all).toHaveLength(3)
  })

  test('a socket whose client does not read has one answer too many at most, and all of them later', async () => {
    const sockets: Socket[] = []
    const served: Promise<void>[] = []
    const server = createServer(socket => {
      sockets.push(socket)
      served.push(serveQtest(socket, machine()))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.pause()
    const request = 'read 0 1048576\n'
    const answer = 2 * MiB + 6
    const count = 24
    client.end(request.repeat(count))
    let most = 0
    for (let i = 0; i < 100; i++) {
      await later(5)
      most = Math.max(most, sockets[0]?.writableLength ?? 0)
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThan(2 * answer)
    let got = 0
    client.on('data', chunk => {
      got += chunk.length
    })
    client.resume()
    await once(client, 'close')
    await Promise.all(served)
    server.close()
    expect(got).toBe(count * answer)
  })

  test('a client that goes away ends its conversation', async () => {
    const served: Promise<unknown>[] = []
    let calls = 0
    const root = MemoryRegion.io('calls', { read: () => calls++, write() {} }, 4)
    const server = createServer(socket =>
      served.push(serveQtest(socket, { memory: new AddressSpace('m', root) }).catch(() => 'broken')),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    client.on('error', () => {})
    client.write('readb 0\n'.repeat(100_000))
    await once(client, 'data')
    client.destroy()
    await Promise.all(served)
    server.close()
    expect(calls).toBeLessThan(100_000)
  })
})

test('what is no text and no bytes is refused', async () => {
  await expect(answersTo([5 as unknown as string])).rejects.toThrow('stream must give strings or Uint8Arrays, got 5')
})
