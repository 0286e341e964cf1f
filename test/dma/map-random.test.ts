import { test } from 'vitest'
import { pursue } from '../space/campaign.ts'
import { WINDOWS } from './window-campaigns.ts'

test.each(WINDOWS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
