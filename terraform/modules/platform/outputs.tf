output "url" {
  description = "Where sidecars, the dashboard and people reach the platform. Callers need roles/run.invoker and a token of ours."
  value       = google_cloud_run_v2_service.this.uri
  depends_on  = [google_cloud_run_v2_service_iam_member.invoker]
}

output "name" {
  description = "Name of the Cloud Run service."
  value       = google_cloud_run_v2_service.this.name
}
