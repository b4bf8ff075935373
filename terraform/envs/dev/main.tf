# Small and easy to throw away: one replica, no protection, images by tag.
module "tagent" {
  source = "../../modules/stack"

  project_id            = var.project_id
  region                = var.region
  images                = var.images
  require_image_digests = false
  services              = var.services
  people                = var.people
  dashboard             = var.dashboard

  firestore = { protect = false }
  platform = {
    replicas           = { min = 1, max = 2 }
    environment        = var.platform_environment
    secret_environment = var.platform_secret_environment
  }
  deletion_protection = false
  labels              = { environment = "dev" }
}
