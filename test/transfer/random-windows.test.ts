import { test } from 'vitest'
import { pursue } from '../support/campaign.ts'
import { WINDOWS } from './support/window-campaigns.ts'

test.each(WINDOWS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
