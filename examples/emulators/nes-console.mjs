import { createHash } from 'node:crypto'
import { NES } from 'jsnes'
import { putOnGuestmem } from './nes-bus.mjs'

/** A console with a cartridge in it, and what it shows. */
export class Console {
  /** A hash of each picture. @type {string[]} */
  pictures = []
  /** How often a save game was told of. */
  saves = 0
  #sound = createHash('sha1')

  /**
   * @param {Uint8Array} rom
   * @param {(nes: NES) => import('guestmem').AddressSpace | undefined} prepare
   */
  constructor(rom, prepare) {
    this.nes = new NES({
      onFrame: pixels => this.pictures.push(hash(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength))),
      onAudioSample: (left, right) => this.#sound.update(Float64Array.of(left, right)),
      onBatteryRamWrite: () => void this.saves++,
    })
    this.nes.loadROM(rom)
    /** The bus; undefined of a console alone. @type {import('guestmem').AddressSpace | undefined} */
    this.memory = prepare(this.nes)
  }

  /** The emulator on its own. @param {Uint8Array} rom */
  static alone(rom) {
    return new Console(rom, () => undefined)
  }

  /** The emulator with its bus on guestmem. @param {Uint8Array} rom */
  static onGuestmem(rom) {
    return new Console(rom, putOnGuestmem)
  }

  /** @param {number} frames */
  run(frames) {
    for (let left = frames; left > 0; left--) this.nes.frame()
  }

  /** All that a program or a player could tell two consoles apart by. */
  get state() {
    const { cpu, ppu, papu, mmap, controllers } = this.nes.toJSON()
    const { mem, ...registers } = cpu
    const prg = Uint8Array.from(mem.slice(0x8000))
    this.memory?.read(0x8000, prg)
    return {
      registers,
      ram: hash(Uint8Array.from(mem.slice(0, 0x8000))),
      prg: hash(prg),
      others: [ppu, papu, mmap, controllers].map(part => hash(JSON.stringify(part))),
      pictures: this.pictures,
      sound: this.#sound.copy().digest('hex'),
      saves: this.saves,
    }
  }
}

/** @param {Uint8Array | string} data */
function hash(data) {
  return createHash('sha1').update(data).digest('hex')
}
