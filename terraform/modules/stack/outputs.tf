output "platform_url" {
  description = "The platform, for TAGENT_URL."
  value       = module.platform.url
}

output "dashboard_url" {
  description = "The dashboard."
  value       = module.dashboard.url
}

output "service_urls" {
  description = "Each watched service, through its sidecar."
  value       = { for name, service in module.service : name => service.url }
}

output "secret_ids" {
  description = "Every secret; deploy/gcloud/tokens.sh fills those with a token that have no value yet, and names the others."
  value       = keys(module.secrets.secret_ids)
}

output "image_repository" {
  description = "Where images are pushed to."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "people_account" {
  description = "The account that people borrow for the command line: gcloud auth application-default login --impersonate-service-account=..."
  value       = module.service_accounts.people.email
}
