import type { FC } from "hono/jsx";

/** Our own line icons, 20 × 20, in the colour of the text. Decoration: the word stands beside them. */
const icon =
  (path: string): FC =>
  () => (
    <svg
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={path} />
    </svg>
  );

export const DashboardIcon = icon("M3 17V11M8 17V4M13 17V8M18 17V13");
export const QueueIcon = icon("M3.5 5.5h13M3.5 10h13M3.5 14.5h7M13.2 14.8l1.6 1.6 3-3.4");
export const TransactionsIcon = icon("M2.5 5.5h15v9h-15zM2.5 8.5h15M5.5 12h3");
export const ImpactIcon = icon("M3 16.5h14M5 13l4-4 3 2.5L17 6M13.5 6H17v3.5");
export const AnalyticsIcon = icon("M3.5 3.5h13v13h-13zM3.5 10h13M10 3.5v13M5.7 13.2h2M5.7 6.7h2M12.3 6.7h2");
export const AuditIcon = icon("M5 2.5h7l3 3v12H5zM12 2.5v3h3M7.5 9h5M7.5 12h5M7.5 15h3");
export const ExportIcon = icon("M10 3v9M6.5 8.5L10 12l3.5-3.5M3.5 13v3.5h13V13");
export const PrivacyIcon = icon(
  "M10 2.5l6 2.2v4.6c0 3.7-2.4 6.6-6 8.2-3.6-1.6-6-4.5-6-8.2V4.7zM7.3 9.8l2 2 3.4-3.6",
);
export const QueuesIcon = icon("M3 4.5h14v3H3zM3 9h10v3H3zM3 13.5h6v3H3z");
export const RetentionIcon = icon("M10 17a7 7 0 1 0-7-7M3 10l-1.2-2.2M3 10l2.2-1.3M10 6v4.2l2.8 1.7");
export const WatchIcon = icon(
  "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4",
);
export const StatusIcon = icon("M2.5 10.5h3.5l2-5 4 9.5 2-4.5h3.5");
export const ModelsIcon = icon("M10 2.5l7 3.8-7 3.8-7-3.8zM3 10l7 3.8 7-3.8M3 13.7l7 3.8 7-3.8");
export const BellIcon = icon("M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1.5h-13zM8.5 17.5h3");
export const LettersIcon = icon("M2.5 5h15v10.5h-15zM2.5 5.5l7.5 5.5 7.5-5.5M7 16.5l6 0");
export const KeyIcon = icon("M12.5 11.5a4 4 0 1 0-3-3L3 15v2.5h3V15h2.5v-2.5z");
export const ApiIcon = icon("M7 6l-4 4 4 4M13 6l4 4-4 4");
export const PolicyIcon = icon(
  "M10 3v5M10 8l-5 4v4.5M10 8l5 4v4.5M2.5 14l2.5 2.5L7.5 14M12.5 14l2.5 2.5 2.5-2.5",
);
export const TeamIcon = icon(
  "M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6M2 16.5c0-3 2.4-5 5.5-5s5.5 2 5.5 5M13 4a2.7 2.7 0 0 1 0 5.2M15 11.9c1.9.7 3 2.4 3 4.6",
);
export const WebhookIcon = icon(
  "M4.5 13.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M15.5 13.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M10 2.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M9 6.3l-3.6 7.3M11 6.3l3.6 7.3M6.5 15.5h7",
);
export const SunIcon = icon(
  "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4M10 2.5v1.4M10 16.1v1.4M2.5 10h1.4M16.1 10h1.4M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
);
export const MoonIcon = icon("M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3");
export const LeaveIcon = icon("M8 3.5H4.5v13H8M12.5 6.5L16 10l-3.5 3.5M16 10H8");
export const ShareIcon = icon(
  "M6.8 9.1l6.5-3.3M6.8 10.9l6.5 3.3M15 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4M15 17a2 2 0 1 0 0-4 2 2 0 0 0 0 4M5 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4",
);
export const CheckIcon = icon("M4 10.5l4 4 8-9");
export const SearchIcon = icon("M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11M13 13l4 4");

/** The mark: three rising steps. */
export const Mark: FC = () => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" fill="#16332a" />
    <path d="M7 21h4v4H7zm7-5h4v9h-4zm7-9h4v18h-4z" fill="#45d3a8" />
  </svg>
);
