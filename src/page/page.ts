import { element } from './elements.ts'
import { attachTo, startLive } from './live-panel.ts'
import { showFrom, startMap } from './map-panel.ts'
import { startRaces } from './races-panel.ts'
import { startStores } from './stores-panel.ts'

const TABS = ['map', 'stores', 'races'] as const
type Tab = (typeof TABS)[number]

const tabOf = (name: Tab): HTMLElement => element(`tab-${name}`)

/** Shows one panel; its tab alone is in the order of the Tab key, and arrow keys go to the others. */
function show(name: Tab): void {
  for (const each of TABS) {
    const isShown = each === name
    tabOf(each).setAttribute('aria-selected', String(isShown))
    tabOf(each).tabIndex = isShown ? 0 : -1
    element(`panel-${each}`).hidden = !isShown
  }
}

const isTab = (name: string): name is Tab => (TABS as readonly string[]).includes(name)

for (const [index, name] of TABS.entries()) {
  const tab = tabOf(name)
  tab.addEventListener('click', () => show(name))
  tab.addEventListener('keydown', event => {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      Home: -index,
      End: TABS.length - 1 - index,
    }
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = TABS[(index + step + TABS.length) % TABS.length] as Tab
    show(next)
    tabOf(next).focus()
  })
}
startMap()
startLive()
startStores()
startRaces()
// `guestmem page FILE` has the file's text beside the page; `&address=0x1000` asks who answers there.
const query = new URLSearchParams(location.search)
if (query.has('machine')) showFrom('machine', query.get('address') ?? '')
// An emulator's page may link to its machine: `?channel=NAME`, `?ws=ADDRESS`.
const place = query.get('channel') ?? query.get('ws')
if (place !== null) attachTo(place)
const wanted = location.hash.slice(1)
if (isTab(wanted)) show(wanted)
