/**
 * What of an Uno is no memory, as devices of a saved machine: the emulator knows nothing of it, and keeps what it has in plain
 * fields, in a list of what is due at which cycle, and in a list of interrupts that wait.
 *
 * @param {import('./uno.mjs').Uno} board
 * @returns {import('guestmem/snapshot').SavedDevices}
 */
export function devicesOf(board) {
  const { timers, ports, usart } = board
  // Fields that the emulator's types call private.
  const cpu = /** @type {any} */ (board.cpu)
  const interrupts = [...timers, usart].flatMap(part => Object.values(part).filter(isInterrupt))
  const parts = {
    timer0: timers[0],
    timer1: timers[1],
    timer2: timers[2],
    portB: ports[0],
    portC: ports[1],
    portD: ports[2],
    usart,
  }

  /** @type {Record<string, import('guestmem/snapshot').SavedDevice>} */
  const devices = {
    cpu: {
      save() {
        const due = []
        for (let event = cpu.nextClockEvent; event !== null; event = event.next)
          // Either a timer is to count, or the byte that the serial port is sending will be out.
          due.push({ cycles: event.cycles, timer: timers.findIndex(({ count }) => count === event.callback) })
        const waiting = interrupts.flatMap((each, index) => (cpu.pendingInterrupts.includes(each) ? [index] : []))
        const { pc, cycles, nextInterrupt, maxInterrupt } = cpu
        return { pc, cycles, nextInterrupt, maxInterrupt, due, waiting }
      },
      load(state) {
        const { due, waiting, ...fields } = state
        Object.assign(cpu, fields)
        cpu.pendingInterrupts.fill(null)
        for (const index of waiting) cpu.pendingInterrupts[interrupts[index].address] = interrupts[index]
        cpu.nextClockEvent = null
        for (const { cycles, timer } of due.reverse()) {
          const callback = timer >= 0 ? timers[timer].count : () => sent(cpu, usart)
          cpu.nextClockEvent = { cycles, callback, next: cpu.nextClockEvent }
        }
      },
    },
  }
  for (const [name, part] of Object.entries(parts))
    devices[name] = { save: () => plainFields(part), load: state => void Object.assign(part, state) }
  return devices
}

/** As the emulator's own serial port does it. */
function sent(cpu, { UDRE, TXC }) {
  cpu.setInterruptFlag(UDRE)
  cpu.setInterruptFlag(TXC)
}

function isInterrupt(value) {
  return typeof value === 'object' && value !== null && 'flagMask' in value
}

function plainFields(part) {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => /number|boolean|string/.test(typeof value)))
}
