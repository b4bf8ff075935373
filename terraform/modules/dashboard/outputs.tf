output "url" {
  description = "Where people find the dashboard."
  value       = google_cloud_run_v2_service.this.uri
}
