import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { AddressSpace, GuestRam, MemoryRegion } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { serveQtest } from '../../src/qemu/qemu.ts'
import { later } from '../support/later.ts'
import { QtestClient } from './qtest-client.ts'

/** 64 KiB of RAM at 0, ports that keep a 16-bit register at 0x10, and a handler that throws at 0x20000. */
function machine(endian: 'little' | 'big' = 'little') {
  const memory = MemoryRegion.container('memory', 2 ** 64)
  memory.addSubregion(0, MemoryRegion.ram('ram', GuestRam.allocate(65536).block('ram', 65536)))
  const bug = () => {
    throw new Error('a bug\nin the device')
  }
  memory.addSubregion(0x20000, MemoryRegion.io('bug', { read: bug, write: bug }, 4))
  const io = MemoryRegion.container('io', 65536)
  let register = 0
  const write = (_: number, value: number) => {
    register = value
  }
  io.addSubregion(0x10, MemoryRegion.io('register', { read: () => register, write }, 4))
  return { memory: new AddressSpace('memory', memory, { endian }), io: new AddressSpace('io', io, { endian }) }
}

type Conversation = readonly (readonly [request: string, answer: string])[]

async function talk(conversation: Conversation, served: Parameters<typeof serveQtest>[1] = machine()): Promise<void> {
  const client = new QtestClient(served)
  for (const [request, answer] of conversation) expect([request, await client.ask(request)]).toEqual([request, answer])
  await client.close()
}

describe('commands', () => {
  test('values are in the order of the target', async () => {
    const values: Conversation = [
      ['writeq 0x100 0x1122334455667788', 'OK'],
      ['readb 0x100', 'OK 0x0000000000000088'],
      ['readw 0x100', 'OK 0x0000000000007788'],
      ['readl 0x100', 'OK 0x0000000055667788'],
      ['readq 0x100', 'OK 0x1122334455667788'],
      ['read 0x100 8', 'OK 0x8877665544332211'],
      ['writel 0x101 0xaabbccdd', 'OK'],
      ['writew 0x105 0x10eeff', 'OK'],
      ['writeb 0x107 -1', 'OK'],
      ['read 0x100 8', 'OK 0x88ddccbbaaffeeff'],
      ['endianness', 'OK little'],
    ]
    await talk(values)
    await talk(
      [
        ['writeq 0x100 0x1122334455667788', 'OK'],
        ['readw 0x100', 'OK 0x0000000000001122'],
        ['readl 0x104', 'OK 0x0000000055667788'],
        ['read 0x100 8', 'OK 0x1122334455667788'],
        ['outw 0x10 0x1234', 'OK'],
        ['inw 0x10', 'OK 0x1234'],
        ['endianness', 'OK big'],
      ],
      machine('big'),
    )
  })

  test('blocks of bytes, in hexadecimal and base64, too short or too long', () =>
    talk([
      ['write 0x200 4 0x01020304', 'OK'],
      ['write 0x202 4 0xff', 'OK'],
      ['read 0x200 8', 'OK 0x0102ff0000000000'],
      ['b64read 0x200 3', 'OK AQL/'],
      ['b64write 0x200 3 //79/A==', 'OK'],
      ['b64write 512 4 AQI=', 'OK'],
      ['read 0x200 4', 'OK 0x01020000'],
      ['memset 0x200 3 0x1aa', 'OK'],
      ['memset 0x200 0 0', 'OK'],
      ['read 01000 4', 'OK 0xaaaaaa00'],
    ]))

  test('ports', async () => {
    await talk([
      ['outl 0x10 0x89abcdef', 'OK'],
      ['inl 0x10', 'OK 0x89abcdef'],
      ['inw 0x10', 'OK 0xcdef'],
      ['inb 0x10', 'OK 0x00ef'],
      ['inb 0x80', 'OK 0x0000'],
      ['inq 0x10', "FAIL Unknown command 'inq'"],
    ])
    await talk([['inb 0x10', 'FAIL this machine has no port I/O']], { memory: machine().memory })
  })

  test('64-bit addresses: nothing is past 2^53, and what goes over the top goes on at 0 (RULES E9)', () =>
    talk([
      ['write 0 4 0x01020304', 'OK'],
      ['readq 0xfffffffffffffffc', 'OK 0x0403020100000000'],
      ['writeq 0xfffffffffffffffe 0x8877665544332211', 'OK'],
      ['read 0 8', 'OK 0x3344556677880000'],
      ['readq 0x1ffffffffffffc', 'OK 0x0000000000000000'],
      ['memset 0xffffffffffffffff 2 7', 'OK'],
      ['readb 0', 'OK 0x0000000000000007'],
    ]))

  test('the clock goes on, and interrupt lines are not there', () =>
    talk([
      ['clock_step', 'OK 0'],
      ['clock_step 1000', 'OK 1000'],
      ['clock_set 500', 'OK 1000'],
      ['clock_set 5000', 'OK 5000'],
      ['irq_intercept_in ioapic', 'OK no-op: this server has no interrupt lines'],
      ['irq_intercept_out /machine/x', 'OK no-op: this server has no interrupt lines'],
      ['set_irq_in /machine/x name 1 1', 'OK no-op: this server has no interrupt lines'],
    ]))

  test('what can not be done fails, and the conversation goes on', () =>
    talk([
      ['frobnicate 1', "FAIL Unknown command 'frobnicate'"],
      ['readb', 'FAIL ADDR must be a number, got nothing'],
      ['readb 09', 'FAIL ADDR must be a number, got "09"'],
      ['readb 12x', 'FAIL ADDR must be a number, got "12x"'],
      ['writeb 0', 'FAIL VALUE must be a number, got nothing'],
      ['read 0 0x1000001', 'FAIL SIZE must be at most 16777216, got 0x1000001'],
      ['write 0 1 ff', 'FAIL DATA must be pairs of hexadecimal digits behind 0x'],
      ['b64write 0 1 *', 'FAIL B64_DATA must be base64'],
      ['readl 0x20000', 'FAIL readl: a bug in the device'],
      ['readb 0', 'OK 0x0000000000000000'],
    ]))
})

describe('streams', () => {
  test('a socket; lines in pieces, several at once, with \\r, and empty ones', async () => {
    const served: Promise<void>[] = []
    const server = createServer(socket => served.push(serveQtest(socket, machine())))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1')
    let answers = ''
    socket.on('data', chunk => {
      answers += chunk
    })
    for (const piece of ['writ', 'eb 0x10 ', '0x5a\r\n\n', 'readb 0x10\nend', 'ianness\nreadb 0x11']) {
      socket.write(piece)
      await later(5)
    }
    socket.end()
    await once(socket, 'close')
    await Promise.all(served)
    server.close()
    expect(answers).toBe('OK\nOK 0x000000000000005a\nOK little\n')
  })

  test('web streams of bytes', async () => {
    const requests = new TransformStream<Uint8Array, Uint8Array>()
    const answers = new TransformStream<Uint8Array, Uint8Array>()
    const done = serveQtest({ readable: requests.readable, writable: answers.writable }, machine())
    const writer = requests.writable.getWriter()
    const reader = answers.readable.getReader()
    void writer.write(new TextEncoder().encode('endianness\n'))
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('OK little\n')
    await writer.close()
    await done
  })

  test('misuse is refused', async () => {
    const { memory } = machine()
    const stream = { async *[Symbol.asyncIterator]() {}, write() {} }
    await expect(serveQtest(1 as never, { memory })).rejects.toThrow('stream must have async iteration and write')
    await expect(serveQtest(stream, {} as never)).rejects.toThrow(
      'machine.memory must be an AddressSpace, got undefined',
    )
    await expect(serveQtest(stream, { memory, io: 1 as never })).rejects.toThrow('machine.io must be an AddressSpace')
  })
})
