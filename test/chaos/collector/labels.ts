/** Every event that is sent has a label in its `action`, sender and number; what else is in it follows from that. */
export const FEATURE = 'chaos.collector';
const USERS = 20;

export const labelOf = (sender: string, number: number): string => `${sender}-${number}`;
export const userOf = (number: number): string => `user-${number % USERS}`;

/** The number in a label; NaN where it is none. */
export const numberOf = (label: string): number => Number(/-(\d+)$/.exec(label)?.[1]);
export const senderOf = (label: string): string => label.slice(0, label.lastIndexOf('-'));
