/**
 * Abbreviations of the IANA database that no English locale knows: zone, then offset in hours with its name. They only
 * show where a policy formats with a layout that has `MST`.
 */
const NAMES: readonly (readonly [zones: string, names: Readonly<Record<string, string>>])[] = [
  ['Europe/London Europe/Belfast Europe/Jersey Europe/Guernsey Europe/Isle_of_Man GB', { 0: 'GMT', 1: 'BST' }],
  ['Europe/Dublin Eire', { 0: 'GMT', 1: 'IST' }],
  ['Europe/Lisbon Atlantic/Madeira Atlantic/Canary Atlantic/Faroe', { 0: 'WET', 1: 'WEST' }],
  [
    'Europe/Berlin Europe/Paris Europe/Madrid Europe/Rome Europe/Vienna Europe/Zurich Europe/Amsterdam Europe/Brussels Europe/Copenhagen Europe/Stockholm Europe/Oslo Europe/Prague Europe/Warsaw Europe/Budapest Europe/Belgrade Europe/Zagreb Europe/Ljubljana Europe/Bratislava Europe/Luxembourg Europe/Monaco Europe/Malta Europe/Sarajevo Europe/Skopje Europe/Tirane Europe/Vaduz Europe/San_Marino Europe/Vatican Europe/Andorra Europe/Gibraltar Europe/Podgorica Europe/Busingen Arctic/Longyearbyen Africa/Ceuta',
    { 1: 'CET', 2: 'CEST' },
  ],
  ['Africa/Algiers Africa/Tunis', { 1: 'CET', 2: 'CEST' }],
  [
    'Europe/Athens Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Bucharest Europe/Sofia Europe/Riga Europe/Tallinn Europe/Vilnius Europe/Mariehamn Europe/Chisinau Asia/Nicosia Asia/Beirut Africa/Cairo Africa/Tripoli Europe/Kaliningrad',
    { 2: 'EET', 3: 'EEST' },
  ],
  ['Europe/Moscow Europe/Simferopol', { 3: 'MSK', 4: 'MSD' }],
  ['Asia/Tokyo Japan', { 9: 'JST' }],
  ['Asia/Seoul Asia/Pyongyang', { 9: 'KST' }],
  ['Asia/Shanghai Asia/Taipei Asia/Macau Asia/Chongqing Asia/Harbin PRC', { 8: 'CST', 9: 'CDT' }],
  ['Asia/Hong_Kong Hongkong', { 8: 'HKT' }],
  ['Asia/Manila', { 8: 'PST' }],
  ['Asia/Jakarta Asia/Pontianak', { 7: 'WIB' }],
  ['Asia/Makassar', { 8: 'WITA' }],
  ['Asia/Jayapura', { 9: 'WIT' }],
  ['Asia/Karachi', { 5: 'PKT' }],
  ['Asia/Kolkata Asia/Calcutta', { 5.5: 'IST' }],
  ['Asia/Jerusalem Asia/Tel_Aviv', { 2: 'IST', 3: 'IDT' }],
  ['Africa/Johannesburg Africa/Maseru Africa/Mbabane', { 2: 'SAST' }],
  [
    'Africa/Lagos Africa/Luanda Africa/Kinshasa Africa/Douala Africa/Libreville Africa/Niamey Africa/Ndjamena',
    { 1: 'WAT' },
  ],
  ['Africa/Nairobi Africa/Addis_Ababa Africa/Dar_es_Salaam Africa/Kampala Africa/Mogadishu', { 3: 'EAT' }],
  [
    'Africa/Maputo Africa/Harare Africa/Lusaka Africa/Khartoum Africa/Kigali Africa/Gaborone Africa/Windhoek',
    { 2: 'CAT' },
  ],
  ['Africa/Abidjan Africa/Accra Africa/Dakar Atlantic/Reykjavik', { 0: 'GMT' }],
  [
    'Australia/Sydney Australia/Melbourne Australia/Hobart Australia/Canberra Australia/Brisbane',
    { 10: 'AEST', 11: 'AEDT' },
  ],
  ['Australia/Adelaide Australia/Darwin', { 9.5: 'ACST', 10.5: 'ACDT' }],
  ['Australia/Perth', { 8: 'AWST' }],
  ['Australia/Lord_Howe', { 10.5: '+1030', 11: '+11' }],
  ['America/St_Johns Canada/Newfoundland', { '-3.5': 'NST', '-2.5': 'NDT' }],
  ['Pacific/Auckland', { 12: 'NZST', 13: 'NZDT' }],
];

/** Names by zone and by seconds east of Greenwich. */
export const ZONE_NAMES: ReadonlyMap<string, ReadonlyMap<number, string>> = new Map(
  NAMES.flatMap(([zones, names]) => {
    const byOffset = new Map(Object.entries(names).map(([hours, name]) => [Number(hours) * 3600, name] as const));
    return zones.split(' ').map((zone) => [zone, byOffset] as const);
  }),
);
