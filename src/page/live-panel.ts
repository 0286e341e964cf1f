import type { TraceEvent } from '../trace/trace.ts'
import { element, made, onClick } from './elements.ts'
import { Follower } from './follower.ts'
import { drawMarks, Lights } from './lights.ts'
import { type Link, openLink, type Place, placeOf } from './link.ts'
import { readMachine } from './machine-text.ts'
import { inSight, showChanged, whenDrawn } from './map-panel.ts'
import { counted, hexText } from './text.ts'

/** How often the picture's marks are drawn, and the tables; the marks less often where motion is to be reduced. ms */
const DRAW = 100
const DRAW_STILL = 1000
const TABLES = 500
/** A connection that was lost is tried again, so often and after so long, ms. */
const TRIES = 60
const RETRY = 1000
/** A map is shown no sooner than this after the one before, ms, and not before ten times of what that one took. */
const MAP_LEAST = 250
const BUSIEST = 20
/** Address spaces of a map that comes from a stream. */
const MOST_SPACES = 1000

const lights = new Lights()
const still = matchMedia('(prefers-reduced-motion: reduce)')
let attached: Attachment | undefined

/** The part of the map's panel that follows a running machine: what it is attached to, its counts, the marks on the map. */
export function startLive(): void {
  const place = element<HTMLInputElement>('place')
  element('attach').addEventListener('submit', event => {
    event.preventDefault()
    attachTo(place.value)
  })
  onClick('pause', () => attached?.pause())
  onClick('detach', () => {
    end('Detached.')
    place.focus()
  })
  whenDrawn(() => {
    const seen = inSight()
    if (seen === undefined) return
    lights.look(seen.space.name, seen.sight)
    drawLights()
  })
}

/** Attaches to what a text says, a channel's name or an address, and lets go of what was attached before. */
export function attachTo(text: string): void {
  element<HTMLInputElement>('place').value = text
  attached?.close()
  attached = undefined
  try {
    attached = new Attachment(placeOf(text))
  } catch (error) {
    end(error instanceof Error ? error.message : String(error), true)
  }
}

function end(text: string, isError = false): void {
  attached?.close()
  attached = undefined
  element<HTMLButtonElement>('pause').disabled = true
  element('pause').setAttribute('aria-pressed', 'false')
  element<HTMLButtonElement>('detach').disabled = true
  tell(text, isError)
}

function drawLights(): void {
  document.getElementById('lights')?.remove()
  const picture = element('strip').querySelector('svg')
  if (attached === undefined || picture === null) return
  const marks = lights.marks(attached.now)
  if (marks.length > 0) picture.append(drawMarks(marks, !still.matches))
}

/** A machine that is being followed, or was until it was lost. */
class Attachment {
  readonly #place: Place
  readonly #follower: Follower
  #link: Link | undefined
  readonly #timer: ReturnType<typeof setInterval>
  #retry: ReturnType<typeof setTimeout> | undefined
  #tries = 0
  #wasOpen = false
  /** The time stands still while it is paused, so that marks stay. */
  #pausedAt: number | undefined
  #pendingMap: string | undefined
  #mapAt = 0
  #drawn = 0
  #tables = 0

  constructor(place: Place) {
    this.#place = place
    this.#follower = new Follower({
      reply: text => this.#link?.send(text),
      changed: () => this.#tell(),
      map: text => {
        this.#pendingMap = text
      },
      events: (events: readonly TraceEvent[]) => lights.light(events, this.now),
      giveUp: () => end('Detached: too much that came was no trace.', true),
    })
    tell(`Attaching to ${'channel' in place ? `channel ${place.channel}` : place.url}`)
    this.#open()
    lights.clear()
    this.#timer = setInterval(() => this.#tick(), DRAW)
    element('live').hidden = false
    element('legend').hidden = false
    element<HTMLButtonElement>('pause').disabled = false
    element('pause').setAttribute('aria-pressed', 'false')
    element<HTMLButtonElement>('detach').disabled = false
    this.#showTables()
  }

  get now(): number {
    return this.#pausedAt ?? performance.now()
  }

  pause(): void {
    const isPaused = !this.#follower.paused
    this.#follower.paused = isPaused
    this.#pausedAt = isPaused ? performance.now() : undefined
    element('pause').setAttribute('aria-pressed', String(isPaused))
    this.#tell()
  }

  close(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#retry)
    this.#link?.close()
    this.#link = undefined
    document.getElementById('lights')?.remove()
    this.#showTables()
  }

  /** @throws Error where the browser refuses the place. */
  #open(): void {
    this.#link = openLink(this.#place, {
      open: () => {
        this.#wasOpen = true
        this.#tries = 0
        if ('channel' in this.#place) this.#follower.join()
        else this.#follower.begin()
        this.#tell()
      },
      message: data => this.#follower.receive(data),
      closed: reason => this.#closed(reason),
    })
  }

  #closed(reason: string): void {
    this.#link = undefined
    if (this.#follower.state === 'ended') return
    if (!this.#wasOpen) {
      end(`Nothing answers there, or this page's policy does not allow it: ${reason}. docs/TRACE.md says more.`, true)
      return
    }
    if (++this.#tries > TRIES) {
      end(`Lost: ${reason}.`, true)
      return
    }
    // Once for all tries: whoever listens is not told each second.
    if (this.#tries === 1) tell(`Lost: ${reason}. It is tried again each second.`, true)
    this.#retry = setTimeout(() => {
      try {
        this.#open()
      } catch (error) {
        end(error instanceof Error ? error.message : String(error), true)
      }
    }, RETRY)
  }

  /** The state, to who listens, too: of what changes all the time there is nothing in it. */
  #tell(): void {
    const { state, paused } = this.#follower
    if (this.#link === undefined && state !== 'ended') return
    const texts = {
      waiting:
        'channel' in this.#place
          ? 'Waits for a machine on this channel.'
          : 'Connected; the machine has said nothing yet.',
      following: paused ? 'Paused: what comes is counted, and not shown.' : 'Attached.',
      ended: 'The machine has ended its trace.',
    }
    tell(texts[state])
  }

  #tick(): void {
    const now = performance.now()
    this.#follower.tick()
    this.#showMap(now)
    if (document.hidden || this.#follower.paused) {
      if (now - this.#tables >= TABLES) this.#showCounts(now)
      return
    }
    if (now - this.#drawn >= (still.matches ? DRAW_STILL : DRAW)) {
      this.#drawn = now
      drawLights()
    }
    if (now - this.#tables >= TABLES) this.#showTables(now)
  }

  #showMap(now: number): void {
    const text = this.#pendingMap
    if (text === undefined || now < this.#mapAt) return
    this.#pendingMap = undefined
    try {
      const machine = readMachine(text)
      if (machine.spaces.length > MOST_SPACES) throw new RangeError(`it has more than ${MOST_SPACES} address spaces`)
      showChanged(machine)
    } catch (error) {
      this.#follower.refuse(`the map can't be shown: ${error instanceof Error ? error.message : String(error)}`)
    }
    const took = performance.now() - now
    this.#mapAt = now + took + Math.max(MAP_LEAST, 10 * took)
  }

  #showCounts(now: number): void {
    this.#tables = now
    const { events, dropped, passed, refused, reason, paused } = this.#follower
    const parts = [counted(events, 'access', 'es'), `${dropped} dropped`]
    if (passed > 0 || paused) parts.push(`${passed} not shown while paused`)
    put('live-counts', `${parts.join(', ')}.`)
    put(
      'live-refused',
      refused === 0 ? '' : `${counted(refused, 'message')} refused, the last because ${cut(reason, 300)}.`,
    )
  }

  #showTables(now = performance.now()): void {
    this.#showCounts(now)
    const { latest } = this.#follower
    const busiest = this.#follower.busiest(BUSIEST).map(({ region, kind, reads, writes, fetches }) => {
      const name = region === '' ? '(not mapped)' : cut(region, 100)
      const head = made('th', { scope: 'row' }, kind === undefined ? name : `${name} (${cut(kind, 20)})`)
      return made('tr', {}, head, ...[reads, writes, fetches].map(count => made('td', {}, String(count))))
    })
    element('busiest').replaceChildren(...busiest)
    element('latest').replaceChildren(...latest.map(latestRow))
  }
}

function latestRow(event: TraceEvent): HTMLElement {
  const { address, kind, dma, size, value, result, region, offset = 0, space } = event
  const where = region === '' ? `nothing in ${cut(space, 100)}` : `${cut(region, 100)} + 0x${offset.toString(16)}`
  const cells = [
    hexText(address),
    `${dma ? 'DMA ' : ''}${kind}`,
    String(size),
    value === undefined ? '' : `0x${value.toString(16)}`,
    result === 0 ? where : `${where}, failed`,
  ]
  return made('tr', {}, ...cells.map(cell => made('td', {}, cell)))
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}

/** A text that is the same is left, as some screen readers tell it again. */
function put(id: string, text: string): void {
  const one = element(id)
  if (one.textContent !== text) one.textContent = text
}

function tell(text: string, isError = false): void {
  put('live-status', text)
  element('live-status').className = isError ? 'error' : ''
}
