output "platform_url" {
  description = "The platform, for TAGENT_URL."
  value       = module.tagent.platform_url
}

output "dashboard_url" {
  description = "The dashboard."
  value       = module.tagent.dashboard_url
}

output "service_urls" {
  description = "Each watched service, through its sidecar."
  value       = module.tagent.service_urls
}

output "secret_ids" {
  description = "Every secret; deploy/gcloud/tokens.sh fills those with a token that have no value yet, and names the others."
  value       = module.tagent.secret_ids
}

output "image_repository" {
  description = "Where images are pushed to."
  value       = module.tagent.image_repository
}

output "people_account" {
  description = "The account that people borrow for the command line: gcloud auth application-default login --impersonate-service-account=..."
  value       = module.tagent.people_account
}
