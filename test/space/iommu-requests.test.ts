import { test } from 'vitest'
import { pursue } from './campaign.ts'
import { IOMMUS } from './iommu-campaigns.ts'

test.each(IOMMUS.map(campaign => [campaign.name, campaign] as const))('%s', (_, campaign) => pursue(campaign))
