output "uptime_check_id" {
  description = "The uptime check of the platform."
  value       = google_monitoring_uptime_check_config.platform.uptime_check_id
}
