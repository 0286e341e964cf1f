import { MemTxAttrs } from 'guestmem'
import { describe, expect, test } from 'vitest'
import { Client } from '../../src/threads/client.ts'
import { Grace } from '../../src/threads/grace.ts'
import {
  ACK,
  ATTENTION,
  EPOCH,
  HEAD,
  Layout,
  MEMBER_ASLEEP,
  ONLINE,
  OWNER_ASLEEP,
  PENDING,
  REPLIES,
  REPLY_LOW,
  TABLE_HEADER_WORDS,
} from '../../src/threads/layout.ts'
import { Link } from '../../src/threads/link.ts'
import { RAM } from '../../src/threads/map-row.ts'
import { readMap, writeMap } from '../../src/threads/map-table.ts'
import { Presence } from '../../src/threads/presence.ts'
import { emptyRequest, LOAD, storeRequest } from '../../src/threads/request.ts'
import { RingConsumer, RingProducer } from '../../src/threads/ring.ts'
import { fallAsleep, ringOwner, sleepUntil, wakeMember } from '../../src/threads/sleep.ts'
import { allows } from '../model/explore.ts'
import { MODEL_NAMES, MODELS } from '../model/models.ts'
import { load, type Op, type Outcome, store } from '../model/program.ts'
import { asThread, recordedWords, type Watched } from './support/recorder.ts'

// The accesses are those that the protocol's own code makes, recorded; every execution of them is searched. A mutant is
// the same with one thing wrong: accesses of a word that are plain, or two that change places.

const layout = new Layout({ members: 2, ranges: 2, notifiers: 1 })
const [M, N] = [layout.member(0), layout.member(1)]
const NEVER = ''
const ON_WEAK = 'weak'
const BUT_ON_SC = 'tso weak'
const EVERYWHERE = 'sc tso weak'

/** The models under which some execution ends so. `initial` is of words that are not 0 at first. */
function allowing(
  watched: Watched,
  threads: readonly (readonly Op[])[],
  asks: (end: Outcome['registers'], memory: (name: string) => number) => boolean,
  initial: Readonly<Record<string, number>> = {},
): string {
  const names = Object.keys(watched)
  const program = { memory: names.map(name => initial[name] ?? 0), threads }
  return MODEL_NAMES.filter(model =>
    allows(program, MODELS[model], ({ memory, registers }) =>
      asks(registers, name => memory[names.indexOf(name)] as number),
    ),
  ).join(' ')
}

const addressOf = (watched: Watched, name: string): number => Object.keys(watched).indexOf(name)

/** All accesses of a word, or of every word, made plain. */
function plain(thread: readonly Op[], address?: number): Op[] {
  return thread.map(op =>
    op.kind === 'fence' || (address !== undefined && op.address !== address) ? op : { ...op, order: 'plain' },
  )
}

/** A store of the guest's, or of who uses the memory next, made if a register of the same thread has the value. */
const guarded = (address: number, value: number, register: string, equals: number): Op =>
  store(address, [value], 'plain', { register, equals: [equals] })

function parts() {
  const { words, record } = recordedWords(layout.words)
  const run = new Uint8Array(16)
  return {
    words,
    record,
    presence: new Presence(words, M),
    grace: new Grace(words, layout, new Map([[0, 0]])),
    producer: new RingProducer(words, layout, 0),
    consumer: new RingConsumer(words, layout, 0),
    client: new Client(words, layout, 0, run),
    link: new Link(words, layout, 0, run, 0),
  }
}

describe('grace periods', () => {
  test('who comes online sees the new map, or is waited for', () => {
    const watched = { epoch: EPOCH, online: M + ONLINE, ram: -1 }
    const { record, grace } = parts()
    const owner = asThread(
      record(() => [grace.begin(), grace.isSettled()]),
      watched,
    )
    const member = (() => {
      const other = parts()
      return asThread(
        other.record(() => other.presence.comeOnline()),
        watched,
      )
    })()
    expect([owner.length, member.length]).toEqual([2, 2])
    const ram = addressOf(watched, 'ram')
    const reuse = guarded(ram, 9, 'online', 0)
    const old = guarded(ram, 5, 'epoch', 0)
    const both = (end: Outcome['registers']): boolean => end.online?.[0] === 0 && end.epoch?.[0] === 0
    expect(
      allowing(
        watched,
        [
          [...owner, reuse],
          [...member, old],
        ],
        both,
      ),
    ).toBe(NEVER)
    expect(
      allowing(
        watched,
        [
          [...plain(owner), reuse],
          [...member, old],
        ],
        both,
      ),
    ).toBe(BUT_ON_SC)
    expect(
      allowing(
        watched,
        [
          [...owner, reuse],
          [...plain(member), old],
        ],
        both,
      ),
    ).toBe(BUT_ON_SC)
    expect(
      allowing(
        watched,
        [
          [...owner, reuse],
          [...member.toReversed(), old],
        ],
        both,
      ),
    ).toBe(EVERYWHERE)
  })

  test.each(['acknowledge', 'goOffline'] as const)(
    'what was stored by the old map is there before what is stored after the grace period: %s',
    how => {
      const watched = { ack: M + ACK, online: M + ONLINE, ram: -1 }
      const ram = addressOf(watched, 'ram')
      const { words, record, grace } = parts()
      record(() => grace.begin())
      words[M + ONLINE] = 1
      const owner = asThread(
        record(() => grace.isSettled()),
        watched,
      )
      const other = parts()
      const quiet = asThread(
        other.record(() => (how === 'acknowledge' ? other.presence.acknowledge(1) : other.presence.goOffline())),
        watched,
      )
      expect([owner.length, quiet.length]).toEqual([2, 1])
      const member = [store(ram, [5]), ...quiet]
      const reuse = how === 'acknowledge' ? guarded(ram, 9, 'ack', 1) : guarded(ram, 9, 'online', 0)
      const lost = (end: Outcome['registers'], memory: (name: string) => number): boolean =>
        (how === 'acknowledge' ? end.ack?.[0] === 1 : end.online?.[0] === 0) && memory('ram') === 5
      const online = { online: 1 }
      expect(allowing(watched, [[...owner, reuse], member], lost, online)).toBe(NEVER)
      expect(allowing(watched, [[...owner, reuse], plain(member)], lost, online)).toBe(ON_WEAK)
      expect(allowing(watched, [[...owner, reuse], member.toReversed()], lost, online)).toBe(EVERYWHERE)
    },
  )

  test('a table that is written anew is not taken for the former one', () => {
    const row = layout.table(1) + TABLE_HEADER_WORDS
    const watched = { number: layout.table(1), low: row, high: row + 2 }
    const writer = parts()
    writer.record(() => writeMap(writer.words, layout, 1, [[0, 0, RAM, 0, 0, 0, 0, 0]]))
    const write = asThread(
      writer.record(() => writeMap(writer.words, layout, 3, [[7, 7, RAM, 0, 0, 0, 0, 0]])),
      watched,
    )
    const reader = parts()
    reader.record(() => writeMap(reader.words, layout, 1, [[0, 0, RAM, 0, 0, 0, 0, 0]]))
    const read = asThread(
      reader.record(() => readMap(reader.words, layout, 1)),
      watched,
    )
    expect([write.length, read.length]).toEqual([4, 4])
    const mixed = ({ number, number2, low, high }: Outcome['registers']): boolean =>
      number?.[0] === 1 && number2?.[0] === 1 && (low?.[0] === 7 || high?.[0] === 7)
    const initial = { number: 1 }
    expect(allowing(watched, [write, read], mixed, initial)).toBe(NEVER)
    const rows = (thread: readonly Op[]): Op[] => plain(plain(thread, 1), 2)
    // What a seqlock of plain rows does on a CPU that keeps no order.
    expect(allowing(watched, [rows(write), rows(read)], mixed, initial)).toBe(ON_WEAK)
    expect(allowing(watched, [write.slice(1), read], mixed, initial)).toBe(EVERYWHERE)
  })
})

describe('requests', () => {
  test('an entry is there before HEAD says so', () => {
    const { words, record, producer } = parts()
    const watched = { address: producer.place + 1, head: M + HEAD }
    const member = asThread(
      record(() => {
        storeRequest(words, producer.place, LOAD, 4, 7, 0, 0, MemTxAttrs.UNSPECIFIED)
        producer.push()
      }),
      watched,
    )
    const other = parts()
    const owner = asThread(
      other.record(() => [other.consumer.head, other.client.take(emptyRequest())]),
      watched,
    )
    const missed = ({ head, address }: Outcome['registers']): boolean => head?.[0] === 1 && address?.[0] === 0
    expect(allowing(watched, [member, owner], missed)).toBe(NEVER)
    expect(allowing(watched, [plain(member), owner], missed)).toBe(ON_WEAK)
    expect(allowing(watched, [member, plain(owner)], missed)).toBe(ON_WEAK)
    expect(allowing(watched, [member.toReversed(), owner], missed)).toBe(EVERYWHERE)
  })

  test('the answer, and what a device stored before it, are there before the count of replies', () => {
    const watched = { replies: M + REPLIES, low: M + REPLY_LOW, dma: -1 }
    const { record, client } = parts()
    const dma = addressOf(watched, 'dma')
    const owner = [
      store(dma, [1]),
      ...asThread(
        record(() => client.reply(7, 0, 0)),
        watched,
      ),
    ]
    const other = parts()
    other.record(() => other.client.reply(0, 0, 0))
    const member = [
      ...asThread(
        other.record(() => other.link.ask(LOAD, 4, 0, 0, 0, MemTxAttrs.UNSPECIFIED)),
        watched,
      ),
      load('dma', dma),
    ]
    expect([owner.length, member.length]).toEqual([3, 3])
    const missed = ({ replies, low, dma }: Outcome['registers']): boolean =>
      replies?.[0] === 1 && (low?.[0] !== 7 || dma?.[0] !== 1)
    expect(allowing(watched, [owner, member], missed)).toBe(NEVER)
    expect(allowing(watched, [plain(owner), member], missed)).toBe(ON_WEAK)
    expect(allowing(watched, [owner, plain(member)], missed)).toBe(ON_WEAK)
  })

  test('who asks is offline before its request can be seen', () => {
    const watched = { head: M + HEAD, online: M + ONLINE }
    const { record, client, link } = parts()
    record(() => client.reply(0, 0, 0))
    const member = asThread(
      record(() => link.ask(LOAD, 4, 0, 0, 0, MemTxAttrs.UNSPECIFIED)),
      watched,
    )
    expect(member.length).toBe(2)
    const other = parts()
    other.record(() => other.grace.begin())
    other.words[M + ONLINE] = 1
    const owner = asThread(
      other.record(() => [other.client.head, other.grace.isSettled()]),
      watched,
    )
    const waits = ({ head, online }: Outcome['registers']): boolean => head?.[0] === 1 && online?.[0] === 1
    const initial = { online: 1 }
    expect(allowing(watched, [member, owner], waits, initial)).toBe(NEVER)
    expect(allowing(watched, [plain(member), owner], waits, initial)).toBe(ON_WEAK)
    expect(allowing(watched, [member.toReversed(), owner], waits, initial)).toBe(EVERYWHERE)
  })

  test('a request pushes what another member had posted before it', () => {
    const watched = { first: M + HEAD, second: N + HEAD, flag: -1 }
    const flag = addressOf(watched, 'flag')
    const poster = parts()
    const posts = [
      ...asThread(
        poster.record(() => poster.producer.push()),
        watched,
      ),
      store(flag, [1], 'atomic'),
    ]
    const told = { register: 'flag', equals: [1] }
    const asks = [load('flag', flag, 1, 'atomic'), store(addressOf(watched, 'second'), [1], 'atomic', told)]
    const { words, record } = parts()
    const clients = [0, 1].map(id => new Client(words, layout, id, new Uint8Array(4)))
    const owner = asThread(
      record(() => [clients[1]?.head, clients[0]?.head]),
      watched,
    )
    const overtakes = ({ first, second }: Outcome['registers']): boolean => second?.[0] === 1 && first?.[0] === 0
    expect(allowing(watched, [posts, asks, owner], overtakes)).toBe(NEVER)
    expect(allowing(watched, [posts, asks, owner.toReversed()], overtakes)).toBe(EVERYWHERE)
    expect(allowing(watched, [plain(posts), asks, owner], overtakes)).toBe(ON_WEAK)
  })
})

describe('sleep', () => {
  test('an owner that falls asleep sees the request, or is seen asleep', () => {
    const watched = { asleep: OWNER_ASLEEP, head: M + HEAD }
    const { words, record, client } = parts()
    const owner = asThread(
      record(() => [fallAsleep(words), client.head]),
      watched,
    )
    const other = parts()
    const member = asThread(
      other.record(() => [other.producer.push(), ringOwner(other.words)]),
      watched,
    )
    const lost = ({ asleep, head }: Outcome['registers']): boolean => asleep?.[0] === 0 && head?.[0] === 0
    expect(allowing(watched, [owner, member], lost)).toBe(NEVER)
    expect(allowing(watched, [plain(owner), member], lost)).toBe(BUT_ON_SC)
    expect(allowing(watched, [owner, plain(member)], lost)).toBe(BUT_ON_SC)
    expect(allowing(watched, [owner, member.toReversed()], lost)).toBe(EVERYWHERE)
  })

  test.each([
    ['acknowledges', ACK, (one: Presence) => one.acknowledge(1)],
    ['goes offline', ONLINE, (one: Presence) => one.goOffline()],
  ] as const)('the same where it waits for a member that %s', (_, word, act) => {
    const watched = { asleep: OWNER_ASLEEP, word: M + word }
    const { words, record, grace } = parts()
    record(() => grace.begin())
    words[M + ONLINE] = 1
    const owner = asThread(
      record(() => [fallAsleep(words), grace.isSettled()]),
      watched,
    )
    const other = parts()
    const member = asThread(
      other.record(() => [act(other.presence), ringOwner(other.words)]),
      watched,
    )
    const before = word === ACK ? 0 : 1
    const lost = (end: Outcome['registers']): boolean => end.asleep?.[0] === 0 && end.word?.[0] === before
    expect(allowing(watched, [owner, member], lost, { word: before })).toBe(NEVER)
    expect(allowing(watched, [owner, plain(member)], lost, { word: before })).toBe(BUT_ON_SC)
  })

  test('a member that falls asleep sees what it waits for, or is seen asleep', () => {
    const watched = { asleep: M + MEMBER_ASLEEP, called: M + ATTENTION }
    const { words, record } = parts()
    const member = asThread(
      record(() => sleepUntil(words, M, ATTENTION, () => Atomics.load(words, M + ATTENTION) === 0, 0)),
      watched,
    ).slice(0, -1) // The last store says that it is awake.
    const other = parts()
    const owner = asThread(
      other.record(() => {
        Atomics.or(other.words, M + ATTENTION, 1)
        wakeMember(other.words, M, ATTENTION)
      }),
      watched,
      'owner ',
    )
    const lost = (end: Outcome['registers']): boolean => end['owner asleep']?.[0] === 0 && end.called2?.[0] === 0
    expect(allowing(watched, [member, owner], lost)).toBe(NEVER)
    expect(allowing(watched, [plain(member), owner], lost)).toBe(BUT_ON_SC)
  })

  test('data, then the interrupt, then what calls for attention', () => {
    const watched = { data: -1, pending: M + PENDING, called: M + ATTENTION }
    const owner = [
      store(0, [1]),
      store(addressOf(watched, 'pending'), [1], 'atomic'),
      store(addressOf(watched, 'called'), [1], 'atomic'),
    ]
    const { words, record, link } = parts()
    // The look that sees it is a plain one; what it sees is taken atomically, and counts.
    words[M + ATTENTION] = 1
    const member = [
      ...asThread(
        record(() => [link.poll(), Atomics.exchange(words, M + PENDING, 0)]),
        watched,
      ).filter(op => op.kind === 'load'),
      load('data', 0),
    ]
    const missed = ({ called2: taken, pending, data }: Outcome['registers']): boolean =>
      (taken?.[0] === 1 && pending?.[0] === 0) || (pending?.[0] === 1 && data?.[0] === 0)
    expect(allowing(watched, [owner, member], missed)).toBe(NEVER)
    expect(allowing(watched, [plain(owner), member], missed)).toBe(ON_WEAK)
    expect(allowing(watched, [owner, plain(member)], missed)).toBe(ON_WEAK)
    expect(allowing(watched, [owner.toReversed(), member], missed)).toBe(EVERYWHERE)
  })

  test('attention is seen soon, even by an engine that never loads a plain word again', () => {
    const { words, record } = parts()
    const stale = new Proxy(words, {
      get: (target, key) => (key === `${M + ATTENTION}` ? 0 : Reflect.get(target, key)),
    })
    const link = new Link(stale, layout, 0, new Uint8Array(16), 0)
    for (let before = 0; before < 40; before++) {
      const polls: number[] = []
      record(() => {
        for (let i = 0; i < before; i++) polls.push(link.poll())
        Atomics.or(words, M + ATTENTION, 4)
        for (let i = 0; i < 17; i++) polls.push(link.poll())
      })
      expect([before, polls.slice(0, before).some(why => why !== 0), polls.filter(why => why !== 0)]).toEqual([
        before,
        false,
        [4],
      ])
    }
  })
})
