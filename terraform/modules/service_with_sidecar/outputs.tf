output "url" {
  description = "Where callers reach the service, through its sidecar."
  value       = google_cloud_run_v2_service.this.uri
}

output "name" {
  description = "Name of the Cloud Run service, and of the service in Tagent."
  value       = google_cloud_run_v2_service.this.name
}
