// A program for several harts, in machine mode: they count under spinlocks, hand a turn around by interrupts, and share one
// ring of a virtio disk. Where they get into each other's way, the counts are wrong, or it does not end.

import * as rv from '../assembler.mjs'
import { Program, X } from '../assembler.mjs'
import { CLINT, IRQ, PLIC, POWER, RAM, UART, VIRTIO } from '../layout.mjs'
import {
  AVAILABLE,
  BARRIERS,
  COUNT,
  DATA,
  DESCRIPTORS,
  IPIS,
  LOCK,
  QUEUE_ENTRIES,
  REQUEST,
  REQUEST_BYTES,
  SAVED,
  SAVED_BYTES,
  SECTOR,
  SECTOR_BYTES,
  STATUS,
  TURNS,
  USED,
} from './data.mjs'

const { zero, ra, sp, t0, t1, t2, t3, t4, a0, a1, a2, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9 } = X
const { addi, add, sub, ld, lw, lhu, lbu, sd, sw, sh, sb, slli, andi, amo, fence, csrrs, csrrw, csrrsi, csrrci } = rv
const CSR = { mstatus: 0x300, mie: 0x304, mtvec: 0x305, mscratch: 0x340, mcause: 0x342, mhartid: 0xf14 }
/** Of mstatus: whether interrupts are taken. */
const MIE = 8
const [SOFTWARE, EXTERNAL] = [3, 11]
const MESSAGE = 'all harts are done\n'
const UNTOLD = 0xff

/**
 * @param {object} options
 * @param {number} options.harts
 * @param {number} options.rounds How often each hart takes each lock.
 * @param {number} options.turns How often the turn goes around.
 * @param {number} options.sectors Of the disk: each is read, changed, and written behind all of them.
 * @returns {Uint8Array} For the beginning of RAM.
 */
export function twoHarts({ harts, rounds, turns, sectors }) {
  const program = new Program(RAM)
  start(program, harts)
  // Threads begin when they do: from here on they run side by side.
  barrier(program, 4)
  count(program, rounds)
  barrier(program, 0)
  handAround(program, turns)
  barrier(program, 1)
  setUpDisk(program)
  barrier(program, 2)
  useDisk(program, sectors)
  barrier(program, 3)
  end(program)
  request(program)
  handler(program, harts)
  return new Uint8Array(program.words.buffer)
}

/** s0: the data; s1: which hart; s2: the CLINT; s3: the disk; s4: how many harts. */
function start(p, harts) {
  p.add(csrrs(s1, CSR.mhartid, zero))
    .li(s0, DATA)
    .li(s2, CLINT)
    .li(s3, VIRTIO)
    .li(s4, harts)
  p.li(t0, SAVED_BYTES).add(rv.mul(t0, t0, s1), add(t0, t0, s0), addi(t0, t0, SAVED), csrrw(zero, CSR.mscratch, t0))
  p.la(t0, 'handler').add(csrrw(zero, CSR.mtvec, t0))
}

/** Takes a lock whose address is in a0. */
function takeBySwap(p, name) {
  p.li(t0, 1)
  p.label(name)
    .add(amo.swap.w(t1, t0, a0))
    .branch(rv.bne, t1, zero, name)
  p.add(fence())
}

function takeByReservation(p, name) {
  p.li(t0, 1)
  p.label(name)
    .add(amo.lr.w(t1, 0, a0))
    .branch(rv.bne, t1, zero, name)
  p.add(amo.sc.w(t1, t0, a0)).branch(rv.bne, t1, zero, name)
  p.add(fence())
}

function release(p) {
  p.add(fence(), sw(zero, a0, 0))
}

/** By a load and a store, which only a lock keeps together. */
function increment(p, offset) {
  p.add(ld(t2, s0, offset), addi(t2, t2, 1), sd(t2, s0, offset))
}

function count(p, rounds) {
  p.li(s5, rounds).label('round')
  p.add(addi(a0, s0, LOCK.swap))
  takeBySwap(p, 'swap')
  increment(p, COUNT.swap)
  release(p)
  p.add(addi(a0, s0, LOCK.reserved))
  takeByReservation(p, 'reserve')
  increment(p, COUNT.reserved)
  release(p)
  p.add(addi(a0, s0, COUNT.added))
    .li(t0, 1)
    .add(amo.add.d(zero, t0, a0))
  p.add(addi(s5, s5, -1)).branch(rv.bne, s5, zero, 'round')
}

function barrier(p, number) {
  const name = `barrier ${number}`
  p.add(fence(), addi(a0, s0, BARRIERS + 8 * number))
    .li(t0, 1)
    .add(amo.add.w(zero, t0, a0))
  p.label(name)
    .add(lw(t1, a0, 0))
    .branch(rv.blt, t1, s4, name)
  p.add(fence())
}

/**
 * Waits for an interrupt, until the program branches away: with interrupts off it looks, and waits, which ends where one is
 * pending; that is taken with interrupts on.
 */
function waitUntil(p, name, look) {
  p.label(name).add(csrrci(zero, CSR.mstatus, MIE))
  look()
  p.add(rv.wfi(), csrrsi(zero, CSR.mstatus, MIE)).jump(name)
}

/** Each hart has its turn when it gets an interrupt, and gives it to the next one by another. */
function handAround(p, turns) {
  p.li(t0, (1 << SOFTWARE) | (1 << EXTERNAL)).add(csrrw(zero, CSR.mie, t0), csrrsi(zero, CSR.mstatus, MIE))
  p.add(slli(t0, s1, 3), add(s6, s0, t0), addi(s6, s6, IPIS))
    .li(s7, 0)
    .li(s5, turns)
  // s8: the address of the next hart's interrupt.
  p.add(addi(t0, s1, 1))
    .branch(rv.bne, t0, s4, 'has next')
    .li(t0, 0)
    .label('has next')
  p.add(slli(t0, t0, 2), add(s8, s2, t0)).li(s9, 1)
  p.branch(rv.bne, s1, zero, 'wait for turn').add(sw(s9, s8, 0))
  waitUntil(p, 'wait for turn', () => p.add(ld(t0, s6, 0)).branch(rv.bne, t0, s7, 'turn'))
  p.label('turn').add(csrrsi(zero, CSR.mstatus, MIE), addi(s7, s7, 1))
  // The first hart has begun, and ends it.
  p.branch(rv.bne, s1, zero, 'hand on')
    .branch(rv.beq, s7, s5, 'turned')
    .label('hand on')
    .add(sw(s9, s8, 0))
  p.branch(rv.bne, s7, s5, 'wait for turn').label('turned')
  p.add(slli(t0, s1, 3), add(t0, t0, s0), sd(s7, t0, TURNS))
}

/** The first hart does; each lets the disk interrupt it. */
function setUpDisk(p) {
  const register = (offset, value) => p.li(t0, value).add(sw(t0, s3, offset))
  p.branch(rv.bne, s1, zero, 'others')
  for (const status of [0, 1, 3]) register(0x70, status)
  // VIRTIO_F_VERSION_1.
  register(0x24, 1)
  register(0x20, 1)
  register(0x70, 11)
  register(0x30, 0)
  register(0x38, QUEUE_ENTRIES)
  for (const [at, offset] of [
    [0x80, DESCRIPTORS],
    [0x90, AVAILABLE],
    [0xa0, USED],
  ])
    register(at, DATA + offset)
  register(0x44, 1)
  register(0x70, 15)
  p.li(t0, 1)
    .li(t1, PLIC + 4 * IRQ.virtio)
    .add(sw(t0, t1, 0))
  p.label('others')
    .add(slli(t0, s1, 8))
    .li(t1, PLIC + 0x2000)
    .add(add(t1, t1, t0))
    .li(t0, 1 << IRQ.virtio)
  p.add(sw(t0, t1, 0))
}

/** s5: the hart's request; s6: the sector; s7: the sum. */
function useDisk(p, sectors) {
  p.li(t0, REQUEST_BYTES)
    .add(rv.mul(t0, t0, s1), add(s5, s0, t0))
    .li(t0, REQUEST)
    .add(add(s5, s5, t0))
  p.add(addi(s6, s1, 0))
    .li(s7, 0)
    .li(s8, sectors)
  p.label('sector').branch(rv.bge, s6, s8, 'read all')
  p.li(a1, 0)
    .add(addi(a2, s6, 0))
    .jump('request', ra)
  p.add(addi(t0, s5, SECTOR), addi(t1, t0, SECTOR_BYTES))
  p.label('sum')
    .add(ld(t2, t0, 0), add(s7, s7, t2), addi(t0, t0, 8))
    .branch(rv.bne, t0, t1, 'sum')
  p.add(ld(t2, s5, SECTOR), addi(t2, t2, 1), sd(t2, s5, SECTOR))
  p.li(a1, 1)
    .add(add(a2, s6, s8))
    .jump('request', ra)
  p.add(add(s6, s6, s4)).jump('sector')
  p.label('read all').add(addi(a0, s0, COUNT.sum), amo.add.d(zero, s7, a0))
}

/** The first hart says so, and turns the machine off. */
function end(p) {
  p.add(csrrci(zero, CSR.mstatus, MIE)).branch(rv.bne, s1, zero, 'sleep')
  p.li(t0, UART)
  for (const letter of Buffer.from(MESSAGE)) p.li(t1, letter).add(sb(t1, t0, 0))
  p.li(t0, POWER)
    .li(t1, 0x5555)
    .add(sw(t1, t0, 0))
  p.label('sleep').add(rv.wfi()).jump('sleep')
}

/** A subroutine: a request to read (a1 is 0) or write (1) the sector a2, from and to the hart's own bytes. */
function request(p) {
  p.label('request')
    .add(sw(a1, s5, 0), sd(a2, s5, 8))
    .li(t0, UNTOLD)
    .add(sb(t0, s5, STATUS))
  // Each hart has three descriptors: sp is the first one's number, t4 its address.
  p.add(add(sp, s1, s1), add(sp, sp, s1), slli(t4, sp, 4), add(t4, t4, s0))
    .li(t0, DESCRIPTORS)
    .add(add(t4, t4, t0))
  const describe = (index, offset, bytes, next) => {
    p.add(addi(t0, s5, offset), sd(t0, t4, 16 * index))
      .li(t0, bytes)
      .add(sw(t0, t4, 16 * index + 8))
    if (next) p.add(addi(t1, sp, index + 1), sh(t1, t4, 16 * index + 14))
  }
  const flags = (index, value) => p.li(t0, value).add(sh(t0, t4, 16 * index + 12))
  describe(0, 0, 16, true)
  flags(0, 1)
  describe(1, SECTOR, SECTOR_BYTES, true)
  // The device writes where it reads from the disk.
  p.li(t0, 1).add(sub(t0, t0, a1), slli(t0, t0, 1), addi(t0, t0, 1), sh(t0, t4, 16 + 12))
  describe(2, STATUS, 1, false)
  flags(2, 2)
  p.add(addi(a0, s0, LOCK.ring))
  takeByReservation(p, 'ring')
  p.li(t4, AVAILABLE).add(add(t4, t4, s0), lhu(t1, t4, 2), andi(t2, t1, QUEUE_ENTRIES - 1), add(t2, t2, t2))
  p.add(add(t2, t2, t4), sh(sp, t2, 4), fence(), addi(t1, t1, 1), sh(t1, t4, 2), fence())
  // The doorbell: nobody answers, and the hart goes on.
  p.add(sw(zero, s3, 0x50))
  release(p)
  p.li(t1, UNTOLD)
  waitUntil(p, 'wait for disk', () => p.add(lbu(t0, s5, STATUS)).branch(rv.bne, t0, t1, 'told'))
  p.label('told')
    .add(csrrsi(zero, CSR.mstatus, MIE), fence())
    .branch(rv.bne, t0, zero, 'fail')
    .add(rv.jalr(0, ra, 0))
}

/** Of all traps. */
function handler(p, harts) {
  const kept = [t1, t2, t3, t4]
  p.label('handler').add(csrrw(t0, CSR.mscratch, t0), ...kept.map((register, index) => sd(register, t0, 8 * index)))
  p.add(csrrs(t1, CSR.mcause, zero))
    .branch(rv.bge, t1, zero, 'fail')
    .add(andi(t1, t1, 63))
  p.li(t2, EXTERNAL).branch(rv.beq, t1, t2, 'external')

  // Another hart's interrupt: it is taken back, and counted.
  p.add(csrrs(t1, CSR.mhartid, zero), slli(t1, t1, 2))
    .li(t2, CLINT)
    .add(add(t2, t2, t1), sw(zero, t2, 0))
  p.add(slli(t1, t1, 1))
    .li(t2, DATA + IPIS)
    .add(add(t2, t2, t1), ld(t3, t2, 0), addi(t3, t3, 1), sd(t3, t2, 0))
  p.jump('return')

  // The disk: of the harts that are interrupted one may claim it, and tells all others, one of which it may be for.
  p.label('external')
    .add(csrrs(t1, CSR.mhartid, zero), slli(t1, t1, 13))
    .li(t2, PLIC + 0x20_0004)
  p.add(add(t2, t2, t1), lw(t3, t2, 0)).branch(rv.beq, t3, zero, 'return')
  p.li(t1, VIRTIO).add(lw(t4, t1, 0x60), sw(t4, t1, 0x64), sw(t3, t2, 0), fence())
  p.add(csrrs(t4, CSR.mhartid, zero))
    .li(t1, CLINT)
    .li(t2, 0)
  p.label('tell')
    .branch(rv.beq, t2, t4, 'told itself')
    .li(t3, 1)
    .add(sw(t3, t1, 0))
    .label('told itself')
  p.add(addi(t1, t1, 4), addi(t2, t2, 1))
    .li(t3, harts)
    .branch(rv.blt, t2, t3, 'tell')

  p.label('return').add(...kept.map((register, index) => ld(register, t0, 8 * index)))
  p.add(csrrw(t0, CSR.mscratch, t0), rv.mret())

  // What must not be: the machine ends, and says that something is wrong.
  p.label('fail')
    .li(t0, POWER)
    .li(t1, 0x1_3333)
    .add(sw(t1, t0, 0))
    .label('failed')
    .jump('failed')
}
