import { rangeTypeWord } from '../qemu/qemu.ts'
import { answerAt } from './answer.ts'
import { element, made, onClick } from './elements.ts'
import { EXAMPLE, type Machine, readFile, readMachine, type Space } from './machine-text.ts'
import { addressAt, paint, type Range, rangesIn, tellSight } from './paint.ts'
import { addressOf, bytesText, counted, hexText } from './text.ts'
import { moved, type Sight, sightAround, whole, zoomed } from './zoom.ts'

let machine: Machine | undefined
let space: Space | undefined
let sight: Sight = whole(0)
let chosen: bigint | undefined
let afterDrawing = (): void => {}

/** The panel with the map of a machine: its text, the picture, the ranges, who answers. */
export function startMap(): void {
  const text = element<HTMLTextAreaElement>('text')
  element('source').addEventListener('submit', event => {
    event.preventDefault()
    show(text.value)
  })
  onClick('example', () => {
    text.value = EXAMPLE
    show(EXAMPLE)
  })
  const load = async (file: Blob | undefined): Promise<void> => {
    if (file === undefined) return
    try {
      text.value = await readFile(file)
      show(text.value)
    } catch (error) {
      fail(error)
    }
  }
  const file = element<HTMLInputElement>('file')
  file.addEventListener('change', () => load(file.files?.[0]))
  document.addEventListener('dragover', event => event.preventDefault())
  document.addEventListener('drop', event => {
    event.preventDefault()
    load(event.dataTransfer?.files[0])
  })
  element<HTMLSelectElement>('space').addEventListener('change', event =>
    choose(machine?.spaces[Number((event.target as HTMLSelectElement).value)]),
  )
  startSight()
  const address = element<HTMLInputElement>('address')
  const find = (): void => {
    const found = addressOf(address.value)
    tell(found === undefined ? 'an address is a number such as 0xfee00000' : '', found === undefined)
    if (found !== undefined) select(found, true)
  }
  onClick('find', find)
  address.addEventListener('keydown', event => {
    if (event.key === 'Enter') find()
  })
}

/** What the panel shows now, where it shows anything. */
export function inSight(): { readonly space: Space; readonly sight: Sight } | undefined {
  return space === undefined ? undefined : { space, sight }
}

/** Has `act` called whenever the picture was drawn anew. */
export function whenDrawn(act: () => void): void {
  afterDrawing = act
}

/** Shows a machine that is the one before, changed: what was in sight and chosen remains so. Else it is shown as a new one. */
export function showChanged(next: Machine): void {
  const names = (each: Machine | undefined) => JSON.stringify(each?.spaces.map(({ name }) => name))
  const index = machine?.spaces.indexOf(space as Space) ?? -1
  const isChanged = names(machine) === names(next) && index >= 0
  machine = next
  if (!isChanged) {
    showMachine(next)
    return
  }
  space = next.spaces[index]
  element('open').hidden = true
  if (chosen !== undefined) tellAnswer(chosen)
  draw()
}

/** Shows the text that a file beside the page has, and who answers at an address, if one is given. */
export async function showFrom(path: string, address: string): Promise<void> {
  try {
    const response = await fetch(path)
    if (!response.ok) throw new Error(`${path} can't be had: ${response.status}`)
    const text = await response.text()
    element<HTMLTextAreaElement>('text').value = text
    show(text)
    const asked = addressOf(address)
    if (asked !== undefined) select(asked, true)
  } catch (error) {
    fail(error)
  }
}

/** The buttons and keys that change what is in sight. */
function startSight(): void {
  const centre = (): number => {
    const inSight = chosen !== undefined && chosen >= sight.start && chosen < sight.end
    return inSight ? Number(chosen) : sight.start + (sight.end - sight.start) / 2
  }
  const look = (next: Sight): void => {
    sight = next
    draw()
  }
  const acts: Readonly<Record<string, () => void>> = {
    'zoom-in': () => look(zoomed(sight, centre(), true)),
    'zoom-out': () => look(zoomed(sight, centre(), false)),
    left: () => look(moved(sight, false)),
    right: () => look(moved(sight, true)),
    whole: () => look(whole(space?.view.ranges.at(-1)?.end ?? 0)),
    'to-range': () => {
      const range = chosen === undefined || chosen >= 2 ** 53 ? undefined : space?.view.find(Number(chosen))
      if (range !== undefined) look(sightAround((range.start + range.end) / 2, range.end - range.start))
    },
  }
  for (const [id, act] of Object.entries(acts)) onClick(id, act)
  const keys: Readonly<Record<string, keyof typeof acts>> = {
    '+': 'zoom-in',
    '=': 'zoom-in',
    '-': 'zoom-out',
    ArrowLeft: 'left',
    ArrowRight: 'right',
    Home: 'whole',
    Enter: 'to-range',
  }
  const strip = element('strip')
  strip.addEventListener('keydown', event => {
    const act = acts[keys[event.key] ?? '']
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    act()
  })
  const placeOf = (event: MouseEvent): number => {
    const { left, width } = strip.getBoundingClientRect()
    return (event.clientX - left) / width
  }
  strip.addEventListener('click', event => {
    // A click of the keyboard's has no place: Enter is one of the keys above, and the space bar does nothing.
    if (event.detail > 0) select(BigInt(addressAt(sight, placeOf(event))), false)
  })
  strip.addEventListener(
    'wheel',
    event => {
      event.preventDefault()
      look(zoomed(sight, addressAt(sight, placeOf(event)), event.deltaY < 0))
    },
    { passive: false },
  )
}

function show(text: string): void {
  try {
    machine = readMachine(text)
    showMachine(machine)
    tell(
      `${counted(machine.spaces.length, 'address space')}, ${counted(space?.view.ranges.length ?? 0, 'range')} in ${space?.name ?? 'none'}`,
    )
  } catch (error) {
    fail(error)
  }
}

function showMachine({ spaces, questions }: Machine): void {
  const options = spaces.map(({ name }, index) => made('option', { value: String(index) }, name))
  const list = element<HTMLSelectElement>('space')
  list.replaceChildren(...options)
  const memory = Math.max(
    0,
    spaces.findIndex(({ name }) => name === 'memory'),
  )
  list.value = String(memory)
  element('open').hidden = questions.length === 0
  const items = questions
    .slice(0, 100)
    .map(({ open, assumed, regions }) =>
      made('li', {}, `${open} (${regions.slice(0, 5).join(', ')}). Assumed: ${assumed}`),
    )
  element('questions').replaceChildren(...items)
  element('map').hidden = false
  choose(spaces[memory])
}

function choose(next: Space | undefined): void {
  space = next
  chosen = undefined
  sight = whole(next?.view.ranges.at(-1)?.end ?? 0)
  element('answer').replaceChildren(made('p', {}, 'Choose an address or a range.'))
  draw()
}

/** @param lookThere What is in sight moves there, if the address is not in it. */
function select(address: bigint, lookThere: boolean): void {
  if (space === undefined) return
  chosen = address
  element<HTMLInputElement>('address').value = hexText(address)
  const isInSight = address >= sight.start && address < sight.end
  if (lookThere && !isInSight && address < 2 ** 53) sight = sightAround(Number(address), sight.end - sight.start)
  tellAnswer(address)
  draw()
}

/** Who answers is told anew where it is somebody else, and not whenever a machine changes its map. */
function tellAnswer(address: bigint): void {
  if (space === undefined) return
  try {
    const parts = answerAt(space, address)
    const answer = element('answer')
    if (answer.textContent !== parts.map(({ textContent }) => textContent).join('')) answer.replaceChildren(...parts)
  } catch (error) {
    fail(error)
  }
}

function draw(): void {
  if (space === undefined) return
  const { view } = space
  element('strip').replaceChildren(paint(view, sight, chosen))
  element('window').textContent = tellSight(view, sight)
  const { shown, count } = rangesIn(view, sight)
  // Whoever is at a row of the list stays there.
  const focused = (document.activeElement as HTMLElement | null)?.dataset.start
  element('ranges').replaceChildren(...shown.map(row))
  if (focused !== undefined) document.querySelector<HTMLElement>(`[data-start="${focused}"]`)?.focus()
  element('more').textContent = count > shown.length ? `${count - shown.length} more: zoom in to see them.` : ''
  afterDrawing()
}

function row(range: Range): HTMLElement {
  const { start, end, region } = range
  const isChosen = chosen !== undefined && chosen >= start && chosen < end
  const button = made('button', { type: 'button', 'data-start': String(start) }, hexText(start))
  button.addEventListener('click', () => select(BigInt(start), false))
  return made(
    'tr',
    isChosen ? { 'aria-current': 'true' } : {},
    made('td', {}, button),
    made('td', {}, bytesText(end - start)),
    made('td', {}, rangeTypeWord(range)),
    made('td', {}, region.name),
  )
}

function tell(text: string, isError = false): void {
  const status = element('map-status')
  status.textContent = text
  status.className = isError ? 'error' : ''
}

function fail(error: unknown): void {
  tell(error instanceof Error ? error.message : String(error), true)
}
