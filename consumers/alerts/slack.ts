/** A letter as Slack's incoming webhooks take it; Mattermost, Rocket.Chat and others take the same. Pure. */
import type { Letter } from './letter.ts';
import type { Notice } from './webhook.ts';

/** Ours: Slack cuts messages at 40,000 characters; this leaves room for what escaping adds. */
const LONGEST = 20_000;

/** The three characters that Slack asks to be escaped: text of users and of errors must not become links or mentions. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export function slackNotice({ key, subject, message }: Letter): Notice {
  const text = message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message;
  return { key, body: JSON.stringify({ text: `*${escaped(subject)}*\n${escaped(text)}` }) };
}
