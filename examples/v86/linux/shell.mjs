// The guest's shell, by its serial port.

/** Longer than anything takes on a machine that others use, too. */
const LIMIT_MS = 600_000
const [READY, STATUS, PANIC] = ['guest ready', 'guest status ', 'Kernel panic']

export class Shell {
  #emulator
  #onLine
  #line = ''
  #lines = []
  #told = () => {}

  /** @param {import('v86').V86} emulator @param {(line: string) => void} onLine Each line of what the kernel says at boot. */
  constructor(emulator, onLine = () => {}) {
    this.#emulator = emulator
    this.#onLine = onLine
    emulator.add_listener('serial0-output-byte', byte => this.#take(String.fromCharCode(byte)))
  }

  /** Until init.sh waits for commands. */
  async ready() {
    await this.#until(line => line === READY)
    this.#onLine = () => {}
  }

  /**
   * @param {string} command One line.
   * @returns {Promise<string>} What it printed, without the end of its last line.
   * @throws {Error} It ended with another status than 0.
   */
  async run(command) {
    this.#lines = []
    const status = this.#until(line => line.startsWith(STATUS))
    this.#emulator.serial0_send(`${command}\n`)
    const last = await status
    const output = this.#lines.slice(0, -1).join('\n')
    if (last !== `${STATUS}0`) throw new Error(`the guest's ${command}\n${output}\n${last}`)
    return output
  }

  #take(character) {
    if (character !== '\n') {
      this.#line += character
      return
    }
    const line = this.#line.replace(/\r$/, '')
    this.#line = ''
    this.#lines.push(line)
    this.#onLine(line)
    this.#told(line)
  }

  /** @returns {Promise<string>} The line. */
  #until(is) {
    return new Promise((resolve, reject) => {
      const fail = why => reject(new Error(`${why}; the guest's last lines:\n${this.#lines.slice(-20).join('\n')}`))
      const late = setTimeout(() => fail('the guest takes too long'), LIMIT_MS)
      this.#told = line => {
        if (!is(line) && !line.includes(PANIC)) return
        clearTimeout(late)
        this.#told = () => {}
        if (is(line)) resolve(line)
        else fail('the kernel gave up')
      }
    })
  }
}
