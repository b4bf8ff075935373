output "secret_ids" {
  description = "The secrets' ids, each once it exists and its readers may read it."
  value       = { for id, secret in google_secret_manager_secret.this : id => secret.secret_id }
  depends_on  = [google_secret_manager_secret_iam_member.accessor]
}
